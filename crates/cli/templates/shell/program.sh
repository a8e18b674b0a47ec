#!/bin/sh
# Keeps the best share of each group, with jq.
set -eu

case $1 in
describe)
    cat <<'MANIFEST'
{
  "contract": 1,
  "name": "{{name}}",
  "version": "0.1.0",
  "summary": "Keep the best share of each group",
  "wire": "json",
  "options": {
    "type": "object",
    "required": ["by", "score"],
    "properties": {
      "by": {"type": "string", "description": "What makes two rows the same kind."},
      "score": {"type": "string", "description": "What is higher for better rows."},
      "share": {
        "type": "number", "minimum": 0, "maximum": 1, "default": 0.5,
        "description": "Which share of each kind to keep; the number of rows is rounded, halves up."
      }
    }
  },
  "example": {
    "options": {"by": "task", "score": "reward"},
    "rows": [{"task": "math", "reward": 1}, {"task": "math", "reward": 2}, {"task": "coding", "reward": 0}],
    "chooses": [1, 2]
  }
}
MANIFEST
    ;;
needs)
    jq -c '{needs: {group: {groups: [.by]}, score: {values: .score}, luck: "priority"}}'
    ;;
run)
    # The first line says what is asked, and each of the others is a row.
    jq -cs '
        .[0].options as $options
        | .[1:] | to_entries | group_by(.value.group)
        | map(
            sort_by(.value.luck)
            | ((map(select(.value.score != null)) | group_by(.value.score) | reverse | add // [])
                + map(select(.value.score == null)))
            | .[:(length * $options.share + 0.5 | floor)]
          )
        | {}, ([.[][].key] | sort[] | {position: .})
    '
    ;;
esac
