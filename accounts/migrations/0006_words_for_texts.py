"""The word in the history for a changed e-mail text."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_collective_mutations'),
    ]

    operations = [
        migrations.AlterField(
            model_name='historyentry',
            name='act',
            field=models.CharField(choices=[('invited', 'Invited'), ('invitation_resent', 'Invitation sent again'), ('invitation_withdrawn', 'Invitation withdrawn'), ('invitation_restored', 'Invitation given back'), ('access_activated', 'Access activated'), ('access_blocked', 'Access blocked'), ('access_unblocked', 'Access unblocked'), ('username_sent', 'Username sent'), ('username_changed', 'Username changed'), ('password_changed', 'Password changed'), ('password_reset_sent', 'Link for a new password sent'), ('password_reset', 'Password set by a mailed link'), ('email_changed', 'E-mail address changed'), ('employees_imported', 'Employees imported'), ('employer_renamed', 'Employer renamed'), ('collective_confirmed', 'Collective mutation confirmed'), ('collective_approved', 'Collective mutation approved'), ('collective_rejected', 'Collective mutation not approved'), ('collective_stopped', 'Collective mutation stopped'), ('ceiling_changed', 'Ceiling of collective mutations changed'), ('provider_created', 'Provider created'), ('administrator_added', 'Administrator added'), ('administrator_invitation_sent', 'Administrator invited'), ('mail_retried', 'E-mail sent again'), ('mail_cancelled', 'E-mail cancelled'), ('mail_handled', 'Undelivered e-mail handled'), ('address_tried_again', 'E-mail address tried again'), ('message_switched', 'Message switched on or off'), ('sender_changed', 'Sender of e-mails changed'), ('sender_code_sent', 'Code sent to the address of the sender'), ('sender_confirmed', 'Address of the sender confirmed'), ('sender_domain_checked', 'Domain of the sender looked at'), ('text_changed', 'E-mail text changed')], max_length=40),
        ),
    ]
