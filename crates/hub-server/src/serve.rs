//! Takes requests of all origins in, and answers them.

use std::sync::Arc;

use axum::{
    Router,
    body::{self, Body},
    extract::State,
    http::{Request, StatusCode, header},
    response::Response,
};
use tokio::task;

use crate::{
    answer::{Answer, Refusal},
    cdn,
    hub::{Hub, Origin},
    request, routes, xet,
};

/// What an origin answers.
pub(crate) fn router(hub: Arc<Hub>, origin: Origin) -> Router {
    Router::new().fallback(handle).with_state((hub, origin))
}

async fn handle(State((hub, origin)): State<(Arc<Hub>, Origin)>, request: Request<Body>) -> Response {
    let answer = match origin {
        Origin::Hub => answer(&hub, request).await,
        Origin::Cdn => cdn::answer(&hub, request).await,
        Origin::Cas => xet::answer(&hub, request).await,
    };
    answer.unwrap_or_else(Refusal::into_response)
}

async fn answer(hub: &Arc<Hub>, request: Request<Body>) -> Answer {
    let (head, body) = request.into_parts();
    let authorization = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(caller) = hub.tokens.caller(authorization) else {
        let message = "Invalid credentials in Authorization header";
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized", message));
    };
    let Some(parts) = request::Request::parts_of(&head.uri) else {
        return Err(Refusal::bad("the address is no text"));
    };
    let body = body::to_bytes(body, hub.limits.body).await.map_err(|error| {
        let message = format!("the request is longer than {} bytes, or broke off: {error}", hub.limits.body);
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", message)
    })?;
    let query = request::Request::query_of(&head.uri);
    let request = request::Request { method: head.method, parts, query, headers: head.headers, body, caller };
    let hub = hub.clone();
    let answered = task::spawn_blocking(move || routes::answer(&hub, &request)).await;
    answered.unwrap_or_else(|_| {
        Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "the answer failed"))
    })
}
