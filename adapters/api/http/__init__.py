"""How a service is spoken to: credentials, addresses, redaction."""
