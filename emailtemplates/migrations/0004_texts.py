"""What providers and employers put in the place of shipped texts, and every version of it."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_first'),
        ('emailtemplates', '0003_room_for_steps'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EmailText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(blank=True, max_length=512)),
                ('body', models.TextField(blank=True)),
                ('subject_made_from', models.CharField(blank=True, max_length=512)),
                ('body_made_from', models.TextField(blank=True)),
                ('message', models.CharField(max_length=40)),
                ('language', models.CharField(max_length=2)),
                ('version', models.PositiveIntegerField(default=0)),
                ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('changed_by_name', models.CharField(blank=True, max_length=200)),
                ('employer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='accounts.employer')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='accounts.provider')),
            ],
        ),
        migrations.CreateModel(
            name='TextVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(blank=True, max_length=512)),
                ('body', models.TextField(blank=True)),
                ('subject_made_from', models.CharField(blank=True, max_length=512)),
                ('body_made_from', models.TextField(blank=True)),
                ('number', models.PositiveIntegerField()),
                ('change', models.CharField(choices=[('saved', 'Saved'), ('back_to_above', 'Back to the level above'), ('restored', 'Put back')], max_length=20)),
                ('restored', models.PositiveIntegerField(null=True)),
                ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('changed_by_name', models.CharField(max_length=200)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('text', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='emailtemplates.emailtext')),
            ],
        ),
        migrations.AddConstraint(
            model_name='emailtext',
            constraint=models.UniqueConstraint(condition=models.Q(('employer', None)), fields=('provider', 'message', 'language'), name='one_text_of_provider'),
        ),
        migrations.AddConstraint(
            model_name='emailtext',
            constraint=models.UniqueConstraint(fields=('employer', 'message', 'language'), name='one_text_of_employer'),
        ),
        migrations.AddConstraint(
            model_name='textversion',
            constraint=models.UniqueConstraint(fields=('text', 'number'), name='one_text_version'),
        ),
    ]
