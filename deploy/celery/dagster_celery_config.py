"""What Celery's workers read (the directory of this file is on their PYTHONPATH).

A task is acknowledged when it has ended, so that a worker takes no second one along that would go with it. One that is
not acknowledged within the time below comes back, which does nothing where its run has ended. The time must be longer
than the longest run.
"""

import os

broker_url = os.environ["DISPLACEMENT_BROKER"]
result_backend = os.environ["DISPLACEMENT_BROKER"]
broker_connection_retry_on_startup = True
broker_transport_options = {"visibility_timeout": int(os.environ.get("DISPLACEMENT_LONGEST_RUN", "3600"))}
task_acks_late = True
task_reject_on_worker_lost = True
task_track_started = True
worker_prefetch_multiplier = 1
worker_max_tasks_per_child = 20
