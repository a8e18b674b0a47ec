"""Finds what a page or a style sheet would have loaded from another host."""

import re

LOADED = re.compile(
    r"<(?:link(?![^>]*\brel=[\"']?canonical)|script|img|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^\s\"'>]+"
    r"|(?:@import|url\()\s*[\"']?(?:https?:)?//[^\s\"')]+"
)


def foreign(text):
    """The first thing that would come from another host, if there is one."""
    found = LOADED.search(text)
    return found and found[0]
