//! Futures that move to other threads.

use crate::cloud::cloud;
use leeward_lambda::Invocation;

fn moves<T: Send>(_: T) {}

#[tokio::test]
async fn every_future_moves_to_another_thread() {
    let (_aws, lambda) = cloud().await;
    let name = "orders".parse().unwrap();
    let orders = Invocation::of("orders".parse().unwrap());
    moves(lambda.function_exists(&name));
    moves(lambda.describe(&name));
    moves(lambda.list().collect_up_to(1));
    moves(lambda.invoke::<_, u8>(&orders, "input"));
    moves(lambda.send_event(&orders, "input"));
    moves(lambda.dry_run(&orders));
}
