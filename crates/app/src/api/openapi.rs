//! The OpenAPI 3.1 document, made of the table of operations.

use super::schemas;
use super::table::{OPERATIONS, Operation, Parameter};
use area::{Answer, Guard, Visit};
use serde_json::{Map, Value, json};

/// Where it is.
pub(super) const PATH: &str = "/api/openapi.json";

/// `GET /api/openapi.json`.
pub(super) async fn document(visit: Visit) -> Answer {
    Ok(visit.json(&whole()))
}

/// The document.
pub(super) fn whole() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in &OPERATIONS {
        let entry = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(operation.method.name().to_lowercase(), shown(operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Helmward",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The census, figures, needs and beds of your sites. Nothing here names a patient.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "An API token, made on your page" },
                "session": { "type": "apiKey", "in": "cookie", "name": area::SESSION_COOKIE },
            },
        },
    })
}

fn shown(operation: &Operation) -> Value {
    let reference = schemas::schema_of(&format!("#{}", operation.answer), false);
    let schema = if operation.is_list { json!({ "type": "array", "items": reference }) } else { reference };
    let mut responses = json!({
        "200": { "description": "The answer", "content": { "application/json": { "schema": schema } } },
    });
    for (status, words) in refusals(operation) {
        if let Some(responses) = responses.as_object_mut() {
            let schema = schemas::schema_of("#Problem", false);
            let content = json!({ "application/problem+json": { "schema": schema } });
            responses.insert(status.to_owned(), json!({ "description": words, "content": content }));
        }
    }
    let mut value = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": described(operation),
        "parameters": operation.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "responses": responses,
    });
    if let (Some(body), Some(value)) = (operation.body, value.as_object_mut()) {
        let schema = schemas::schema_of(&format!("#{}", body.schema), false);
        let example = serde_json::from_str(body.example).unwrap_or_else(|_| json!(body.example));
        let content = json!({ (body.media): { "schema": schema, "example": example } });
        value.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    value
}

/// What else to know, and the right it takes.
pub(super) fn described(operation: &Operation) -> String {
    let right = match operation.guard {
        Guard::Public => "Open to everyone.".to_owned(),
        Guard::SignedIn => "Needs a token or a session; what it shows depends on its rights.".to_owned(),
        Guard::At(asked) | Guard::AtQuery(asked) | Guard::Anywhere(asked) => {
            format!("Needs the right {asked}; without it, 404.")
        }
    };
    if operation.description.is_empty() { right } else { format!("{} {right}", operation.description) }
}

/// How an operation may refuse.
pub(super) fn refusals(operation: &Operation) -> Vec<(&'static str, &'static str)> {
    let mut all = Vec::new();
    if !operation.parameters.is_empty() || operation.body.is_some() {
        all.push(("400", "A parameter is missing or cannot be read; the detail names it with an example"));
    }
    all.push(("401", "No token or session"));
    all.push(("404", "Nothing there, or nothing you may know of"));
    if operation.body.is_some() {
        all.push(("409", "Changed by someone else meanwhile, or an Idempotency-Key used for other content"));
        all.push(("422", "Understood and refused; the detail says why and what to do"));
    }
    all
}

fn parameter(parameter: &Parameter) -> Value {
    let mut value = json!({
        "name": parameter.name,
        "in": parameter.place.word(),
        "required": parameter.is_required,
        "description": parameter.words,
        "schema": schemas::schema_of(parameter.kind, false),
    });
    if let Some(value) = value.as_object_mut().filter(|_| !parameter.example.is_empty()) {
        let number = parameter.example.parse::<i64>().ok().filter(|_| parameter.kind == "integer");
        value.insert("example".to_owned(), number.map_or(json!(parameter.example), |number| json!(number)));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{areas, routes};
    use std::collections::BTreeSet;

    #[test]
    fn every_api_route_of_the_product_is_in_the_document_and_none_more() {
        let document = whole();
        let documented: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
            })
            .collect();
        let routed: BTreeSet<(String, String)> = routes(areas())
            .into_iter()
            .filter(|route| route.path.starts_with("/api/v1/"))
            .map(|route| (route.method.name().to_owned(), route.path.to_owned()))
            .collect();
        assert_eq!(documented, routed);
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_path_name_is_a_parameter() {
        let document = whole();
        let known = document["components"]["schemas"].as_object().unwrap();
        let text = document.to_string();
        for name in text.split("#/components/schemas/").skip(1) {
            let name = name.split('"').next().unwrap();
            assert!(known.contains_key(name), "no schema {name}");
        }
        for operation in &OPERATIONS {
            for name in operation.path.split('{').skip(1) {
                let name = name.split('}').next().unwrap();
                assert!(
                    operation.parameters.iter().any(|parameter| parameter.name == name),
                    "{}",
                    operation.path
                );
            }
        }
    }

    #[test]
    fn operation_names_are_unlike_each_other() {
        let names: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
        assert_eq!(names.len(), OPERATIONS.len());
    }
}
