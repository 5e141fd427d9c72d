"""The YAML files that this plug-in brings, laid out as the harness's own conf/."""
