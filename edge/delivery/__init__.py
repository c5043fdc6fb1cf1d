"""Messages on their way out: e-mail, signed webhooks, MQTT and whatever apprise reaches."""
