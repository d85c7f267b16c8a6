"""Whether this process was asked to stop. Set by whoever runs it: the Celery worker, a command."""

from threading import Event

stopping = Event()
