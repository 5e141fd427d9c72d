"""What a run is to do, checked before anything is loaded or paid for."""
