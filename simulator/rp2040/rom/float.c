// The ROM's tables of floating point functions (data sheet 2.8.3.3), made of the compiler's own.
//
// Conversions to integers round down, as the real ROM's do; the SDK rounds towards zero around them.

#include <stdint.h>

typedef void (*function)(void);

extern void rom_unexpected(void);
extern void __aeabi_fadd(void), __aeabi_fsub(void), __aeabi_fmul(void), __aeabi_fdiv(void);
extern void __aeabi_f2uiz(void), __aeabi_f2ulz(void), __aeabi_i2f(void), __aeabi_ui2f(void);
extern void __aeabi_l2f(void), __aeabi_ul2f(void), __aeabi_f2d(void), __aeabi_d2f(void);
extern void __aeabi_dadd(void), __aeabi_dsub(void), __aeabi_dmul(void), __aeabi_ddiv(void);
extern void __aeabi_d2uiz(void), __aeabi_d2ulz(void), __aeabi_i2d(void), __aeabi_ui2d(void);
extern void __aeabi_l2d(void), __aeabi_ul2d(void);

static int compare_floats(float left, float right) {
    return left < right ? -1 : left > right;
}

static int compare_doubles(double left, double right) {
    return left < right ? -1 : left > right;
}

static int32_t float_to_int(float value) {
    int32_t whole = (int32_t)value;
    return whole != INT32_MIN && (float)whole > value ? whole - 1 : whole;
}

static int64_t float_to_int64(float value) {
    int64_t whole = (int64_t)value;
    return whole != INT64_MIN && (float)whole > value ? whole - 1 : whole;
}

static int32_t double_to_int(double value) {
    int32_t whole = (int32_t)value;
    return whole != INT32_MIN && (double)whole > value ? whole - 1 : whole;
}

static int64_t double_to_int64(double value) {
    int64_t whole = (int64_t)value;
    return whole != INT64_MIN && (double)whole > value ? whole - 1 : whole;
}

#define MISSING rom_unexpected
#define F(name) (function) name

// In the order of the SDK's header bootrom/sf_table.h.
__attribute__((section(".float_table"), used)) const function rom_float_table[32] = {
    __aeabi_fadd, __aeabi_fsub, __aeabi_fmul, __aeabi_fdiv,
    F(compare_floats), MISSING, MISSING, F(float_to_int),
    MISSING, __aeabi_f2uiz, MISSING, __aeabi_i2f,
    MISSING, __aeabi_ui2f, MISSING, MISSING,
    MISSING, MISSING, MISSING, MISSING,
    MISSING, F(compare_floats), MISSING, __aeabi_l2f,
    MISSING, __aeabi_ul2f, MISSING, F(float_to_int64),
    MISSING, __aeabi_f2ulz, MISSING, __aeabi_f2d,
};

// bootrom/sf_table.h again: the same order.
__attribute__((section(".double_table"), used)) const function rom_double_table[32] = {
    __aeabi_dadd, __aeabi_dsub, __aeabi_dmul, __aeabi_ddiv,
    F(compare_doubles), MISSING, MISSING, F(double_to_int),
    MISSING, __aeabi_d2uiz, MISSING, __aeabi_i2d,
    MISSING, __aeabi_ui2d, MISSING, MISSING,
    MISSING, MISSING, MISSING, MISSING,
    MISSING, F(compare_doubles), MISSING, __aeabi_l2d,
    MISSING, __aeabi_ul2d, MISSING, F(double_to_int64),
    MISSING, __aeabi_d2ulz, MISSING, __aeabi_d2f,
};
