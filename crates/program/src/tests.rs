//! What goes through the wire comes out as it was.

mod process;
mod strategies;
mod wire;
