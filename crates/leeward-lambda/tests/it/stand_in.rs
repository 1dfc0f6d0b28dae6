//! A Lambda of a few lines over a real socket: the emulator runs no function, hence none that fails.

use crate::cloud::{EAST, caller};
use leeward_lambda::Lambda;
use leeward_testkit::stand_in::{self, StandIn};

/// What a call is answered: status, headers beside the length, body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer(
    pub(crate) u16,
    pub(crate) &'static [(&'static str, &'static str)],
    pub(crate) &'static str,
);

/// One that answers so in turn, and the last for good; whoever drops it has no Lambda any more.
pub(crate) async fn stand_in(answers: Vec<Answer>) -> (Lambda, StandIn) {
    let mut number = 0;
    let stand_in = StandIn::start(move |_| {
        let Answer(status, headers, body) = answers[number.min(answers.len() - 1)];
        number += 1;
        let answer = stand_in::Answer::new(status, body);
        headers.iter().fold(answer, |answer, (name, value)| {
            answer.with_header(name, value)
        })
    });
    let stand_in = stand_in.await.unwrap();
    let caller = caller(EAST, stand_in.endpoint()).await;
    (Lambda::new(caller), stand_in)
}
