"""The settings of the processes in these tests: a mail server that is silent is given up sooner, to save minutes."""

import os

from tests.journeys.settings import *  # noqa: F403
from tests.journeys.settings import EMAIL_FACTS as _OF_THE_APPLICATION

EMAIL_TIMEOUT = 3
# Who answers what is true about a mail; a test can name one that ends the process.
EMAIL_FACTS = os.environ.get("FAULTS_EMAIL_FACTS", _OF_THE_APPLICATION)
