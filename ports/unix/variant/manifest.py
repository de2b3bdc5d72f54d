# Frozen modules: asyncio and nothing else. Upstream's own manifest wants micropython-lib, which is a submodule.
include("$(MPY_DIR)/extmod/asyncio")
