# `make labs` and `make test` set up what they need and do everything; both may be run again without harm.

export PATH := $(CURDIR)/node_modules/.bin:/usr/sbin:/sbin:$(PATH)

.PHONY: setup build labs test check format docs clean picture

labs: build
	node dist/miflab.js run labs --controls $(FLAGS)
	node dist/miflab.js run $(QUICK) --stack all --output results/stacks $(FLAGS)

# A quick part of the matrix.
QUICK = default-router/preference-across-links

# The labs whose answer depends on who configures the host, over every stack in every user land that is built
# (docs/matrix.md): minutes.
COMPARED := $(shell sed 's/\#.*//' labs/compared.txt)
.PHONY: matrix
matrix: build
	node dist/miflab.js run $(COMPARED) --stack all --output results/matrix $(FLAGS)

test: build
	tap

check: node_modules/.installed
	tsc -p .
	biome check
	node --import tsx scripts/check-imports.ts
	knip

format: node_modules/.installed
	biome check --write

docs: node_modules/.installed
	node --import tsx scripts/generate-docs.ts

# The picture in README.md, of a real run.
PICTURED = default-router/preference-across-links dns/server-behind-other-link egress/mark-after-source \
	first-hop/source-decides-router

picture: build
	( echo '$$ miflab run $(PICTURED) --controls'; \
	COLUMNS=112 FORCE_COLOR=1 node dist/miflab.js run $(PICTURED) --controls ) | \
	node --import tsx scripts/picture.ts > docs/run.svg

setup: node_modules/.installed
	scripts/install-packages.sh

build: setup
	node scripts/build.mjs

node_modules/.installed: package.json package-lock.json
	npm ci --ignore-scripts
	tap build
	touch $@

clean:
	rm -rf dist .tap results

.PHONY: bench
bench: build
	node --import tsx bench/bench.ts

# User lands for hosts: large, made once, cached below the user's cache folder.
IMAGES ?= bookworm trixie
.PHONY: images
images: build
	scripts/install-packages.sh images
	node dist/miflab.js image build $(FLAGS) $(IMAGES)

# The larger resolvers and applications that labs can ask with (docs/clients.md).
.PHONY: clients
clients: setup
	scripts/install-packages.sh clients

# IP stacks other than the kernel's (docs/stacks.md).
.PHONY: stacks
stacks: setup
	scripts/install-packages.sh stacks

# Kernels for labs on other kernels and in virtual time (docs/kernels.md). Takes minutes; CI uses what it finds. The
# fastest comes last: labs in virtual time run on the latest that was built.
.PHONY: kernels
kernels: build
	scripts/install-packages.sh kernels
	node dist/miflab.js kernel fetch debian:bullseye debian:bookworm debian:trixie debian:sid
	node dist/miflab.js kernel build debian:trixie
	node dist/miflab.js kernel build debian:sid

# The labs ten times with every processor busy: the same verdicts each time.
.PHONY: soak
soak: build
	node --import tsx scripts/soak.ts

# The labs in virtual time alone: the same to the byte each time.
.PHONY: soak-virtual
soak-virtual: build
	node --import tsx scripts/soak.ts $$(grep -l '^timers: virtual' labs/*/*.yaml)

# A few labs over eight stacks, twenty times with every processor busy.
comma = ,
space = $(subst ,, )
STACKS = kernel dhclient ifupdown udhcpc dhcpcd networkd networkmanager connman
.PHONY: soak-stacks
soak-stacks: build
	SOAK_TIMES=20 SOAK_STACKS=$(subst $(space),$(comma),$(STACKS:%=%@trixie)) node --import tsx scripts/soak.ts \
	configuration/classless-routes default-router/preference-across-links egress/dhcp-two-links \
	first-hop/redirect-followed source-address/deprecated-avoided

# Images for the container engine, of the user land trixie: for the tests of hosts in containers.
.PHONY: containers
containers: build
	node --import tsx scripts/make-containers.ts
