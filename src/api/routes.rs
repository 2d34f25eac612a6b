//! Every operation of the public listener, in one table.

use std::collections::BTreeSet;

use actix_web::{
    HttpResponse, Route,
    http::{Method, header::ALLOW},
    web,
};

use super::{
    callbacks, document,
    error::ApiError,
    pages,
    problem::{Problem, ProblemType},
    returns, v1,
};

/// One operation of `openapi.yaml`.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path's pattern.
    pub path: &'static str,
    route: fn() -> Route,
}

/// The path of callbacks unless an operator moves it.
const CALLBACKS: &str = "/callbacks/provider";

const fn on(method: &'static str, path: &'static str, route: fn() -> Route) -> Operation {
    Operation { method, path, route }
}

/// All of them. A test holds this table against `openapi.yaml`.
pub const OPERATIONS: [Operation; 26] = [
    on("POST", "/v1/verifications", || web::post().to(v1::verifications::start)),
    on("GET", "/v1/verifications", || web::get().to(v1::verifications::list)),
    on("GET", "/v1/verifications/{verificationId}", || web::get().to(v1::verifications::get)),
    on("GET", "/v1/verifications/{verificationId}/events", || web::get().to(v1::events::watch)),
    on("POST", "/v1/verifications/{verificationId}/renew", || {
        web::post().to(v1::verifications::renew)
    }),
    on("POST", "/v1/verifications/{verificationId}/capture", || {
        web::post().to(v1::verifications::capture)
    }),
    on("POST", "/v1/backend/verifications", || web::post().to(v1::backend::start)),
    on("GET", "/v1/backend/verifications", || web::get().to(v1::search::list)),
    on("GET", "/v1/backend/verifications/{verificationId}", || web::get().to(v1::backend::get)),
    on("POST", "/v1/backend/verifications/{verificationId}/refresh", || {
        web::post().to(v1::backend::refresh)
    }),
    on("GET", "/v1/backend/audit", || web::get().to(v1::audit::list)),
    on("GET", "/v1/backend/verifications/{verificationId}/images/{kind}", || {
        web::get().to(v1::images::get)
    }),
    on("GET", "/v1/backend/users/{userId}/export", || web::get().to(v1::subjects::export)),
    on("DELETE", "/v1/backend/users/{userId}", || web::delete().to(v1::subjects::erase)),
    on("GET", "/v1/backend/webhooks/deliveries", || web::get().to(v1::webhooks::list)),
    on("POST", "/v1/backend/webhooks/deliveries/{deliveryId}/redeliver", || {
        web::post().to(v1::webhooks::redeliver)
    }),
    on("POST", CALLBACKS, || web::post().to(callbacks::receive)),
    on("PUT", CALLBACKS, || web::put().to(callbacks::receive)),
    on("PATCH", CALLBACKS, || web::patch().to(callbacks::receive)),
    on("GET", "/return/{ref}/{outcome}", || web::get().to(returns::follow)),
    on("GET", "/openapi.yaml", || web::get().to(document::openapi)),
    on("GET", "/problems/{type}", || web::get().to(pages::problem)),
    on("GET", "/docs", || web::get().to(pages::index)),
    on("GET", "/docs/{guide}", || web::get().to(pages::guide)),
    on("GET", "/docs/reference", || web::get().to(pages::reference)),
    on("GET", "/docs/assets/{asset}", || web::get().to(pages::asset)),
];

/// Adds the routes, with callbacks at `callback_path`, and problems for everything else.
pub fn configure(config: &mut web::ServiceConfig, callback_path: &str) {
    for (path, operations) in by_path(callback_path) {
        let methods: BTreeSet<_> = operations.iter().map(|one| one.method).collect();
        let allow = methods.into_iter().collect::<Vec<_>>().join(", ");
        let mut resource = web::resource(path);
        for operation in operations {
            let method = Method::from_bytes(operation.method.as_bytes()).unwrap_or_default();
            resource = resource.route((operation.route)().method(method));
        }
        config.service(resource.default_service(web::to(move || {
            let refused = method_not_allowed(&allow);
            async move { Err::<HttpResponse, _>(refused) }
        })));
    }
    config.default_service(web::to(|| async { Err::<HttpResponse, _>(ApiError::not_found()) }));
}

/// The operations of each path, in the order in which paths are tried: those without parameters first,
/// since they are compared as they stand and the others by a regular expression each; else as in the
/// table.
fn by_path(callback_path: &str) -> Vec<(&str, Vec<Operation>)> {
    let mut paths: Vec<(&str, Vec<Operation>)> = Vec::new();
    for operation in OPERATIONS {
        let path = if operation.path == CALLBACKS { callback_path } else { operation.path };
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, operations)) => operations.push(operation),
            None => paths.push((path, vec![operation])),
        }
    }
    paths.sort_by_key(|(path, _)| path.contains('{'));
    paths
}

fn method_not_allowed(allow: &str) -> ApiError {
    let detail = "The `Allow` header names the methods that are.";
    Problem::new(ProblemType::MethodNotAllowed, detail).with_header(ALLOW, allow).into()
}
