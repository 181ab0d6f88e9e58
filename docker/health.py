#!/usr/bin/env python3
"""Asks the service beside us how it is; ends with 1 where it does not answer that it is well."""

import os
import sys
import urllib.request

try:
    with urllib.request.urlopen(f"http://127.0.0.1:{os.environ.get('PORT', '8080')}/health", timeout=4):
        sys.exit(0)
except OSError as error:
    sys.exit(f"The service does not answer: {error}")
