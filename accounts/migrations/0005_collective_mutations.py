"""Collective mutations: whom each was meant for, and what became of them."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_words_for_mails'),
    ]

    operations = [
        migrations.CreateModel(
            name='CollectiveCeiling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(null=True)),
                ('percent', models.PositiveSmallIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='CollectiveMutation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('act', models.CharField(max_length=40)),
                ('maker_name', models.CharField(max_length=200)),
                ('maker_address', models.GenericIPAddressField(null=True)),
                ('selection', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('selecting', 'selecting'), ('preview', 'preview'), ('waiting', 'waiting for approval'), ('running', 'running'), ('done', 'done'), ('cancelled', 'stopped half-way'), ('rejected', 'not approved')], default='selecting', max_length=10)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('valid_until', models.DateTimeField(null=True)),
                ('selected', models.PositiveIntegerField(default=0)),
                ('verdicts', models.JSONField(default=dict)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('shown_reason', models.CharField(blank=True, max_length=500)),
                ('do_not_mail', models.BooleanField(default=False)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('approve_until', models.DateTimeField(null=True)),
                ('approver_name', models.CharField(blank=True, max_length=200)),
                ('started_at', models.DateTimeField(null=True)),
                ('position', models.BigIntegerField(default=0)),
                ('chunk_size', models.PositiveIntegerField(default=0)),
                ('processed', models.PositiveIntegerField(default=0)),
                ('progressed_at', models.DateTimeField(null=True)),
                ('outcomes_by_kind', models.JSONField(default=dict)),
                ('cancelled_by_name', models.CharField(blank=True, max_length=200)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AlterField(
            model_name='historyentry',
            name='act',
            field=models.CharField(choices=[('invited', 'Invited'), ('invitation_resent', 'Invitation sent again'), ('invitation_withdrawn', 'Invitation withdrawn'), ('invitation_restored', 'Invitation given back'), ('access_activated', 'Access activated'), ('access_blocked', 'Access blocked'), ('access_unblocked', 'Access unblocked'), ('username_sent', 'Username sent'), ('username_changed', 'Username changed'), ('password_changed', 'Password changed'), ('password_reset_sent', 'Link for a new password sent'), ('password_reset', 'Password set by a mailed link'), ('email_changed', 'E-mail address changed'), ('employees_imported', 'Employees imported'), ('employer_renamed', 'Employer renamed'), ('collective_confirmed', 'Collective mutation confirmed'), ('collective_approved', 'Collective mutation approved'), ('collective_rejected', 'Collective mutation not approved'), ('collective_stopped', 'Collective mutation stopped'), ('ceiling_changed', 'Ceiling of collective mutations changed'), ('provider_created', 'Provider created'), ('administrator_added', 'Administrator added'), ('administrator_invitation_sent', 'Administrator invited'), ('mail_retried', 'E-mail sent again'), ('mail_cancelled', 'E-mail cancelled'), ('mail_handled', 'Undelivered e-mail handled'), ('address_tried_again', 'E-mail address tried again'), ('message_switched', 'Message switched on or off'), ('sender_changed', 'Sender of e-mails changed'), ('sender_code_sent', 'Code sent to the address of the sender'), ('sender_confirmed', 'Address of the sender confirmed'), ('sender_domain_checked', 'Domain of the sender looked at')], max_length=40),
        ),
        migrations.AddIndex(
            model_name='employee',
            index=models.Index(fields=['employer', 'email'], name='employee_by_email'),
        ),
        migrations.AddField(
            model_name='collectiveceiling',
            name='employer',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='ceiling', to='accounts.employer'),
        ),
        migrations.AddField(
            model_name='collectivemutation',
            name='approver',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='collectivemutation',
            name='employer',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mutations', to='accounts.employer'),
        ),
        migrations.AddField(
            model_name='collectivemutation',
            name='maker',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='collectivemutation',
            name='provider',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.provider'),
        ),
        migrations.AddField(
            model_name='collectivemutation',
            name='undoes',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone_by', to='accounts.collectivemutation'),
        ),
        migrations.AddConstraint(
            model_name='collectiveceiling',
            constraint=models.CheckConstraint(condition=models.Q(('number', None), ('percent', None), _negated=True), name='ceiling_says_something'),
        ),
        migrations.AddConstraint(
            model_name='collectiveceiling',
            constraint=models.CheckConstraint(condition=models.Q(('percent', None), ('percent__range', (1, 100)), _connector='OR'), name='ceiling_in_per_cent'),
        ),
        migrations.AddIndex(
            model_name='collectivemutation',
            index=models.Index(fields=['employer', '-created_at'], name='mutations_of_employer'),
        ),
        migrations.AddIndex(
            model_name='collectivemutation',
            index=models.Index(fields=['provider', '-created_at'], name='mutations_of_provider'),
        ),
        migrations.AddIndex(
            model_name='collectivemutation',
            index=models.Index(condition=models.Q(('state__in', ('selecting', 'running', 'waiting'))), fields=['id'], name='mutations_underway'),
        ),
        migrations.AddConstraint(
            model_name='collectivemutation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('state__in', ('selecting', 'preview'))), models.Q(models.Q(('state__in', ('selecting', 'preview')), _negated=True), models.Q(('confirmed_at', None), _negated=True)), _connector='OR'), name='confirmed_or_preview'),
        ),
        migrations.AddConstraint(
            model_name='collectivemutation',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('done', 'cancelled', 'rejected')), ('finished_at', None), _connector='XOR'), name='finished_when_over'),
        ),
        migrations.AddConstraint(
            model_name='collectivemutation',
            constraint=models.CheckConstraint(condition=models.Q(('processed__lte', models.F('selected'))), name='not_more_than_selected'),
        ),
        migrations.AddConstraint(
            model_name='collectivemutation',
            constraint=models.CheckConstraint(condition=models.Q(('approver', None), models.Q(('approver', models.F('maker')), _negated=True), _connector='OR'), name='approved_by_a_second_person'),
        ),
        migrations.CreateModel(
            name='CollectiveOutcome',
            fields=[
                ('employee', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='outcomes', to='accounts.employee')),
                ('mutation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='outcome_rows', to='accounts.collectivemutation')),
                ('pk', models.CompositePrimaryKey('mutation_id', 'employee_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('outcome', models.CharField(max_length=20)),
                ('made', models.UUIDField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SelectedEmployee',
            fields=[
                ('employee', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='selections', to='accounts.employee')),
                ('employer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.employer')),
                ('mutation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='selection_rows', to='accounts.collectivemutation')),
                ('pk', models.CompositePrimaryKey('mutation_id', 'employee_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('verdict', models.CharField(max_length=20)),
                ('warning', models.CharField(blank=True, max_length=20)),
            ],
        ),
    ]
