# Settings of all boards of the reader. A board sets its chip, includes this file, then adds its own settings.

# PROJECT_VER is a text in the image's description, in the first sector of a slot. It has the product and the version,
# which is read from the sources that are frozen, so that the two cannot differ.
set(HAN_STAGED ${MICROPY_BOARD_DIR}/../../../build/frozen)
if(NOT EXISTS ${HAN_STAGED}/han/__init__.py)
    message(FATAL_ERROR "Nothing to freeze: run `make stage` first, or build with `make firmware`")
endif()
file(STRINGS ${HAN_STAGED}/han/__init__.py HAN_VERSION REGEX "^__version__ = \"[0-9.]+\"$")
string(REGEX REPLACE "^.*\"([0-9.]+)\".*$" "\\1" HAN_VERSION "${HAN_VERSION}")
if(NOT HAN_VERSION)
    message(FATAL_ERROR "No version in ${HAN_STAGED}/han/__init__.py")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${HAN_STAGED}/han/__init__.py)
set(PROJECT_VER "han-reader ${HAN_VERSION}")

set(SDKCONFIG_DEFAULTS
    boards/sdkconfig.base
    ${SDKCONFIG_IDF_VERSION_SPECIFIC}
    ${MICROPY_BOARD_DIR}/../common/sdkconfig
)

# A data base in files: the reader's data lie in raw flash.
set(MICROPY_PY_BTREE OFF)

set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/../common/manifest.py)
