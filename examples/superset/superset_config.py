"""Superset's own settings: what it knows lies in a SQLite file of the folder that `run` makes."""

import os

SECRET_KEY = os.environ['SUPERSET_SECRET_KEY']
SQLALCHEMY_DATABASE_URI = f'sqlite:///{os.environ["SUPERSET_HOME"]}/superset.db'
# One person, who is here.
RATELIMIT_ENABLED = False
# Answers are kept by Millrace's cache, so that nothing is kept twice.
DATA_CACHE_CONFIG = {'CACHE_TYPE': 'NullCache'}
FILTER_STATE_CACHE_CONFIG = {'CACHE_TYPE': 'SimpleCache'}
EXPLORE_FORM_DATA_CACHE_CONFIG = {'CACHE_TYPE': 'SimpleCache'}
