# Every target is one line; the logic is in tools/. Only make and Python >= 3.10 are needed.
PYTHON ?= python3
PY = .venv/bin/python
SETUP = .venv/stamp

FIRMWARE_OPTIONS = BOARD MICROPYTHON IDF VERSION CONFIG KEY UPDATES CHANNEL
IMAGE_OPTIONS = MICROPYTHON CONFIG VERSION ARCH KEY
SIM_OPTIONS = PORT METER RUNTIME HEAP REPLAY SERIAL SPEED STATE PAST IMAGE NETWORK UPDATES CHANNEL
option = --$(shell echo $1 | tr A-Z a-z) $($1)

.PHONY: help setup lint test sim size bench sweep year soak fleet lines fuzz api-fuzz firmware stage image flash deploy release site docs reference screenshots lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

setup: $(SETUP) ## make .venv with all pinned packages (every other target does it when needed)

$(SETUP): requirements.txt tools/dev/setup.py
	@$(PYTHON) tools/dev/setup.py

lint: $(SETUP) ## check style, spelling and types, and compile for the chips: takes seconds
	@$(PY) -m tools.dev.check --quick

test: $(SETUP) ## all checks of lint, and all tests on CPython and on MicroPython
	@$(PY) -m tools.dev.check

sim: $(SETUP) ## run the reader on this machine [PORT= METER= RUNTIME= HEAP= REPLAY= SERIAL= SPEED= STATE= PAST= IMAGE= NETWORK= UPDATES= CHANNEL=]
	@$(PY) -m host_sim $(foreach v,$(SIM_OPTIONS),$(if $($v),$(call option,$v)))

size: $(SETUP) ## measure .mpy bytes of each package, live objects, languages, heap after N readings; estimate both heaps of the chip [N=]
	@$(PY) -m tools.measure.size $(N)

bench: $(SETUP) ## measure a telegram beside dlms_parser or a commit, its heap, and requests/s beside a bare microdot [PEER= BASE= ONLY=ratios]
	@$(PY) -m tools.measure.bench $(foreach v,PEER BASE ONLY,$(if $($v),$(call option,$v)))

sweep: $(SETUP) ## cut power in every flash operation of a week, the ledger and updates, then start again each time
	@$(PY) -m tools.prove.sweep

year: $(SETUP) ## simulate years, takes minutes: do months match the meter's counters, are costs and peaks right? [START= DAYS= METER= RUNTIME= SEED=]
	@$(PY) -m tools.prove.year $(foreach v,START DAYS METER RUNTIME SEED,$(if $($v),$(call option,$v)))
	@$(PY) -m tools.prove.bills $(foreach v,START DAYS METER RUNTIME SEED,$(if $($v),$(call option,$v)))

soak: $(SETUP) ## simulate a month with faults, takes an hour: is a reading lost, is there an unwanted restart? [DAYS= SEED= HEAP= RUNTIME= PERIOD=]
	@nice $(PY) -m tools.prove.soak $(foreach v,DAYS SEED HEAP RUNTIME PERIOD,$(if $($v),$(call option,$v)))

fleet: $(SETUP) ## run N simulated readers against a real mosquitto with the files of docs/fleet: messages lost, delay [N=50 SECONDS= PERIOD= SEED= HEAP= RUNTIME=]
	@nice $(PY) -m tools.prove.fleet $(foreach v,N SECONDS PERIOD SEED HEAP RUNTIME,$(if $($v),$(call option,$v)))

lines: $(SETUP) ## measure the time from power on to the first reading on every kind of line; WRITE=1: into docs/lines.md [PHASES= SEED= WRITE=]
	@nice $(PY) -m tools.prove.linetimes $(foreach v,PHASES SEED,$(if $($v),$(call option,$v))) $(if $(WRITE),--write)

fuzz: $(SETUP) ## decode damaged telegrams, N mutated bytes and random valid lists on each interpreter [N= SEED=]
	@$(PY) -m tools.prove.fuzz $(or $(N),1000000) $(or $(SEED),1)

firmware: $(SETUP) ## build a release in build/image, with all Python frozen [BOARD=HAN_READER MICROPYTHON= IDF= VERSION= CONFIG= KEY=]
	@$(PY) -m tools.firmware $(foreach v,$(FIRMWARE_OPTIONS),$(if $($v),$(call option,$v)))

stage: $(SETUP) ## put the modules into build/frozen that MicroPython freezes with BOARD_DIR=firmware/boards/HAN_READER [VERSION=]
	@$(PY) -m tools.image.frozen $(VERSION)

image: $(SETUP) ## make ota.bin and flash.bin in build/image from a published MicroPython [MICROPYTHON= CONFIG= VERSION= ARCH=sim KEY=]
	@$(PY) -m tools.build --out build/image $(foreach v,$(IMAGE_OPTIONS),$(if $($v),$(call option,$v)))

flash: $(SETUP) ## write FILE, or build/image/flash.bin, to the board on USB [FILE= PORT=]
	@$(PY) -m tools.flash $(or $(FILE),build/image/flash.bin) $(if $(PORT),--port $(PORT))

deploy: $(SETUP) ## copy changed modules to the board on USB and run them until the next reset [PORT=]
	@$(PY) -m tools.deploy $(PORT)

release: $(SETUP) $(if $(MICROPYTHON)$(ARCH),image) ## put build/image/ota.bin into the folder of an update server [TO= CHANNEL= NOTES=; with MICROPYTHON= or ARCH= of a new image: VERSION= CONFIG= KEY=]
	@$(PY) -m tools.release build/image/ota.bin --to $(or $(TO),build/updates) --channel $(or $(CHANNEL),release) $(if $(NOTES),--notes "$(NOTES)")

site: $(SETUP) ## make a site that flashes boards from a browser and serves updates [IMAGES= TO= CHANNEL= NOTES= DOCS= ESP_WEB_TOOLS=]
	@$(PY) -m tools.site $(or $(IMAGES),build/image) --to $(or $(TO),build/site) --channel $(or $(CHANNEL),release) $(if $(NOTES),--notes "$(NOTES)") $(if $(DOCS),--docs $(DOCS)) $(if $(ESP_WEB_TOOLS),--esp-web-tools $(ESP_WEB_TOOLS))

docs: $(SETUP) ## make a site of README and docs/ in build/docs, and check its links [WHERE=URL of the repository's files]
	@$(PY) -m tools.docs.build $(WHERE)

reference: $(SETUP) ## make docs/settings.md and docs/api.md from the table of settings and docs/openapi.yaml
	@$(PY) -m tools.docs.reference

screenshots: $(SETUP) ## make pictures of the reader's page in docs/screenshots
	@$(PY) -m tools.docs.screenshots

api-fuzz: $(SETUP) ## send right and wrong requests, by docs/openapi.yaml, to a running reader [EXAMPLES= SEED= RUNTIME=]
	@$(PY) -m tools.prove.apifuzz $(foreach v,EXAMPLES SEED RUNTIME,$(if $($v),$(call option,$v)))

lock: $(SETUP) ## pin the packages of each requirements*.in in its .txt
	@$(PY) tools/dev/lock.py

clean: ## remove build/, but not .venv
	@rm -rf build
