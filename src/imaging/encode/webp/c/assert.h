// libwebp is compiled without its assertions, as everybody has it.
#pragma once

#define assert(condition) ((void)0)
