//! The main job: encrypt real input under a multi-Region key while a Region goes silent.
