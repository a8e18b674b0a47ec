//! Takes requests of all origins in, and answers them.

use std::{future, sync::Arc};

use axum::{
    Router,
    body::{self, Body},
    extract::{ConnectInfo, State},
    http::{Request, StatusCode, header, uri::PathAndQuery},
    response::Response,
};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::{task, time};

use crate::{
    answer::{Answer, Refusal, set},
    cdn,
    faults::Fault,
    hub::{Hub, Origin},
    listen::Cut,
    request, routes,
    wire::{self, Damage, Outgoing},
    xet,
};

/// What an origin answers.
pub(crate) fn router(hub: Arc<Hub>, origin: Origin) -> Router {
    Router::new().fallback(handle).with_state((hub, origin))
}

async fn handle(
    State((hub, origin)): State<(Arc<Hub>, Origin)>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request<Body>,
) -> Response {
    let line = hub.log.begin(origin, &request);
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let fault = hub.faults.met(origin, request.method(), path);
    match &fault {
        Some(Fault::Delay(time)) => time::sleep(*time).await,
        Some(Fault::Hang) => future::pending().await,
        _ => {}
    }
    let request = {
        let line = line.clone();
        request.map(|body| wire::incoming(body, line, fault.as_ref(), &cut))
    };
    let mut response = match &fault {
        Some(Fault::Status(status, headers)) => refuse(request, *status, headers).await,
        _ => respond(&hub, origin, request).await.unwrap_or_else(Refusal::into_response),
    };
    match &fault {
        Some(Fault::LoseAnswer) => cut.now(),
        Some(Fault::Json(change)) => response = changed(response, change.as_ref()).await,
        _ => {}
    }
    if cut.is_cut() {
        line.done();
        return response;
    }
    line.answered(response.status().as_u16());
    let damage = match fault {
        Some(Fault::Reset(after)) => Damage::Reset(after),
        Some(Fault::Truncate(after)) => Damage::Truncate(after),
        Some(Fault::Flip(at)) => Damage::Flip(at),
        _ => Damage::None,
    };
    response.map(|body| Body::new(Outgoing::new(body, line, damage, cut)))
}

async fn respond(hub: &Arc<Hub>, origin: Origin, request: Request<Body>) -> Answer {
    match origin {
        Origin::Hub => answer(hub, request).await,
        Origin::Cdn => cdn::answer(hub, request).await,
        Origin::Cas => xet::answer(hub, request).await,
    }
}

/// Reads a request to its end and does nothing with it.
async fn refuse(request: Request<Body>, status: u16, headers: &[(String, String)]) -> Response {
    let mut chunks = request.into_body().into_data_stream();
    while let Some(Ok(_)) = chunks.next().await {}
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = headers.iter().find(|(name, _)| name == "x-error-message").map(|(_, value)| value.as_str());
    let message = message.or(status.canonical_reason()).unwrap_or("error");
    let mut response = Refusal::new(status, "Fault", message).into_response();
    for (name, value) in headers {
        set(&mut response, name, value);
    }
    response
}

/// The answer with other JSON; what is no JSON stays as it is.
async fn changed(response: Response, change: &(dyn Fn(&mut Value) + Send + Sync)) -> Response {
    let (mut head, body) = response.into_parts();
    let bytes = body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let bytes = match serde_json::from_slice(&bytes) {
        Ok(mut value) => {
            change(&mut value);
            value.to_string().into()
        }
        Err(_) => bytes,
    };
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(bytes))
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
