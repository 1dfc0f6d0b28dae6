//! Shared connections, cached AWS clients, and the bridge from SDK operations to tower.
