// Clang's own would look for another one behind it.
#pragma once

#include <stdint.h>
