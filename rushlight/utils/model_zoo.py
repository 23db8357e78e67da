"""The older name of `rushlight.hub.load_state_dict_from_url`."""

from rushlight.hub import load_state_dict_from_url

load_url = load_state_dict_from_url
