use leeward_error_taxonomy::OperationName;
use leeward_resilience::Request;

/// Tells the key of a request, under which [`RegionRouters`](crate::RegionRouters) keep a router.
///
/// A function or closure is one, for requests of the one type that it takes. Services of many request types, as those of the SDK's
/// clients are, need a type of your own, or [`ByOperation`]:
///
/// ```
/// use leeward_error_taxonomy::OperationName;
/// use leeward_region_router::KeyOf;
/// use leeward_resilience::Request;
///
/// /// What the requests of this program know of themselves.
/// trait OfTenant {
///     fn tenant(&self) -> u64;
/// }
///
/// #[derive(Clone, Copy, Debug)]
/// struct ByTenantAndOperation;
///
/// impl<R: Request + OfTenant> KeyOf<R> for ByTenantAndOperation {
///     type Key = (u64, OperationName);
///
///     fn key_of(&self, request: &R) -> Self::Key {
///         (request.tenant(), request.operation())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` tells no key of the request `{R}`",
    note = "a closure tells the key of requests of one type: take `ByOperation`, or implement `KeyOf` for a type of your own"
)]
pub trait KeyOf<R> {
    /// The same for all requests, whatever their type.
    type Key;

    /// The key of `request`; it is asked for every request and should be quick.
    fn key_of(&self, request: &R) -> Self::Key;
}

impl<R, K, F> KeyOf<R> for F
where
    F: Fn(&R) -> K,
{
    type Key = K;

    fn key_of(&self, request: &R) -> K {
        self(request)
    }
}

/// A router for each operation, of requests of whatever type: where `PutItem` fails in a Region, `GetItem` goes on there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByOperation;

impl<R: Request> KeyOf<R> for ByOperation {
    type Key = OperationName;

    fn key_of(&self, request: &R) -> OperationName {
        request.operation()
    }
}
