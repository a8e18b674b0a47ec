//! A Hub on this machine, for tests, demos and teams without the network.
