//! The Hub: datasets are read from it as a store, and folders are pushed to it.
