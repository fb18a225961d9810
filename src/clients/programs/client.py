"""Python's resolver and HTTP client; tells one line of JSON."""
import json
import platform
import socket
import sys
import urllib.request

FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6, "any": socket.AF_UNSPEC}


def resolve(name, family):
    found = socket.getaddrinfo(name, 80, FAMILIES[family], socket.SOCK_STREAM)
    return {"addresses": [address[0] for *_, address in found]}


def reverse(address):
    name, aliases, _ = socket.gethostbyaddr(address)
    return {"names": [name, *aliases]}


def fetch(url):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as response:
        return {"output": response.read().decode()}


question, *words = sys.argv[1:]
try:
    answer = {"resolve": resolve, "reverse": reverse, "fetch": fetch}[question](*words)
except OSError as error:
    answer = {"error": str(error)}
print(json.dumps({"version": platform.python_version(), **answer}))
sys.exit(2 if "error" in answer else 0)
