"""Is the web process of this container alive? Exits with an error when it is not."""

import os
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

# By its own name, because the application answers to no other.
name = urlsplit(os.environ["BASE_URL"]).hostname or ""
urlopen(Request("http://127.0.0.1:8000/health/live", headers={"Host": name}), timeout=4)
