//! What Leeward costs, as subjects that a bench or a peer can run side by side.
