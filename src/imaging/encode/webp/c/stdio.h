// libwebp prints complaints in one file, of animations, that the Worker does not use; there is nowhere to print them.
#pragma once

#define stderr 0
#define fprintf(...) ((void)0)
#define snprintf(...) (-1)
