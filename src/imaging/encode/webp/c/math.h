// Rust's compiler-builtins defines these.
#pragma once

double ceil(double x);
double fabs(double x);
double floor(double x);
double log(double x);
double log10(double x);
double log2(double x);
double pow(double x, double y);
double round(double x);
double sqrt(double x);
float expf(float x);
float logf(float x);
float sqrtf(float x);
