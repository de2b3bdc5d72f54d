# As much of unittest as MicroPython's own test files use, so that they run without micropython-lib.
#
# The report's last four lines are what tests/run-tests.py of MicroPython looks for.

import sys


class SkipTest(Exception):
    pass


class _Raises:
    def __init__(self, expected):
        self.expected = expected
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        if kind is None:
            raise AssertionError("%r was not raised" % (self.expected,))
        self.exception = value
        return issubclass(kind, self.expected)


class _SubTest:
    def __init__(self, message, values):
        self.label = " ".join([str(message)] * (message is not None) + ["%s=%r" % item for item in values.items()])

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        if kind is not None:
            print("  in subtest", self.label)
        return False


class TestCase:
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        pass

    def tearDown(self):
        pass

    def subTest(self, msg=None, **values):
        return _SubTest(msg, values)

    def skipTest(self, reason):
        raise SkipTest(reason)

    def fail(self, msg=None):
        raise AssertionError(msg if msg is not None else "failed")

    def _check(self, holds, default, msg):
        if not holds:
            raise AssertionError(msg if msg else default)

    def assertTrue(self, x, msg=None):
        self._check(x, "%r is not true" % (x,), msg)

    def assertFalse(self, x, msg=None):
        self._check(not x, "%r is not false" % (x,), msg)

    def assertEqual(self, x, y, msg=None):
        self._check(x == y, "%r is not equal to %r" % (x, y), msg)

    def assertNotEqual(self, x, y, msg=None):
        self._check(x != y, "%r is equal to %r" % (x, y), msg)

    def assertLess(self, x, y, msg=None):
        self._check(x < y, "%r is not less than %r" % (x, y), msg)

    def assertLessEqual(self, x, y, msg=None):
        self._check(x <= y, "%r is greater than %r" % (x, y), msg)

    def assertGreater(self, x, y, msg=None):
        self._check(x > y, "%r is not greater than %r" % (x, y), msg)

    def assertGreaterEqual(self, x, y, msg=None):
        self._check(x >= y, "%r is less than %r" % (x, y), msg)

    def assertAlmostEqual(self, x, y, places=7, msg=None, delta=None):
        difference = abs(x - y)
        near = difference <= delta if delta is not None else round(difference, places) == 0
        self._check(near, "%r is not near %r" % (x, y), msg)

    def assertIs(self, x, y, msg=None):
        self._check(x is y, "%r is not %r" % (x, y), msg)

    def assertIsNot(self, x, y, msg=None):
        self._check(x is not y, "both are %r" % (x,), msg)

    def assertIsNone(self, x, msg=None):
        self._check(x is None, "%r is not None" % (x,), msg)

    def assertIsNotNone(self, x, msg=None):
        self._check(x is not None, "it is None", msg)

    def assertIn(self, x, container, msg=None):
        self._check(x in container, "%r is not in %r" % (x, container), msg)

    def assertNotIn(self, x, container, msg=None):
        self._check(x not in container, "%r is in %r" % (x, container), msg)

    def assertIsInstance(self, x, kind, msg=None):
        self._check(isinstance(x, kind), "%r is no instance of %r" % (x, kind), msg)

    def assertRaises(self, expected, function=None, *args, **kwargs):
        context = _Raises(expected)
        if function is None:
            return context
        with context:
            function(*args, **kwargs)


def skip(reason):
    def decorate(subject):
        if isinstance(subject, type):
            subject._skip_reason = reason
            return subject

        def skipped(self):
            raise SkipTest(reason)

        return skipped

    return decorate


def skipIf(condition, reason):
    return skip(reason) if condition else lambda subject: subject


def skipUnless(condition, reason):
    return skipIf(not condition, reason)


class _Result:
    def __init__(self):
        self.ran = self.skipped = self.failures = self.errors = 0

    def note(self, name, exception):
        if isinstance(exception, SkipTest):
            self.skipped += 1
            print(name, "... skipped:", exception)
            return
        if isinstance(exception, AssertionError):
            self.failures += 1
            print(name, "... FAIL")
        else:
            self.errors += 1
            print(name, "... ERROR")
        sys.print_exception(exception)


def _run_class(cls, result):
    names = sorted(name for name in dir(cls) if name.startswith("test"))
    reason = getattr(cls, "_skip_reason", None)
    if reason is not None:
        for name in names:
            result.ran += 1
            result.note(name, SkipTest(reason))
        return
    case = cls()
    try:
        cls.setUpClass()
    except Exception as exception:
        result.ran += 1
        result.note("setUpClass of " + cls.__name__, exception)
        return
    for name in names:
        result.ran += 1
        try:
            case.setUp()
            try:
                getattr(case, name)()
            finally:
                case.tearDown()
        except Exception as exception:
            result.note("%s.%s" % (cls.__name__, name), exception)
        else:
            print("%s.%s ... ok" % (cls.__name__, name))
    try:
        cls.tearDownClass()
    except Exception as exception:
        result.note("tearDownClass of " + cls.__name__, exception)


def main(module="__main__"):
    result = _Result()
    namespace = __import__(module) if isinstance(module, str) else module
    for name in sorted(dir(namespace)):
        subject = getattr(namespace, name)
        if isinstance(subject, type) and issubclass(subject, TestCase) and subject is not TestCase:
            # A base class without tests of its own has nothing to run.
            _run_class(subject, result)
    print("-" * 70)
    print("Ran %d tests" % result.ran)
    print()
    if result.failures or result.errors:
        print("FAILED (failures=%d, errors=%d)" % (result.failures, result.errors))
    elif result.skipped:
        print("OK (skipped=%d)" % result.skipped)
    else:
        print("OK")
    return result
