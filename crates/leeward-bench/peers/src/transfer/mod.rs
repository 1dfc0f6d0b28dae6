//! The peers of transfers.

mod object_store;
mod transfer_manager;

use leeward_bench::facades::transfer::Mover;

/// Who moves objects beside us.
pub(crate) const MOVERS: [Mover; 4] = [
    Mover::new("object_store", object_store::connect),
    Mover::new(
        "object_store, CRC-64/NVME in the place of a signed payload",
        object_store::connect_summed,
    ),
    Mover::new(
        "object_store, payload not signed, no checksum",
        object_store::connect_unguarded,
    )
    .unguarded(),
    Mover::new("aws-sdk-s3-transfer-manager", transfer_manager::connect),
];

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_bench::{Area, Pace, Plan};
    use std::{num::NonZeroU32, time::Duration};

    #[test]
    fn everybody_moves_the_whole_object_both_ways() {
        let plan = Plan {
            program: "".into(),
            crowd: 20,
            movers: &MOVERS,
        };
        let glance = Pace::new(NonZeroU32::MIN, Duration::from_micros(50));
        let cases = Area::Facades.cases(&plan).unwrap();
        let of_transfers = cases.into_iter().filter(|case| case.name().contains("GiB"));
        let mut measured = 0;
        for mut case in of_transfers {
            // What moves less than the whole fails.
            case.measure(&glance).unwrap();
            measured += 1;
        }
        assert_eq!(measured, 2);
    }
}
