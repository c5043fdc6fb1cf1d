"""When an alarm is raised and when it is over: pure functions of samples and passing time."""
