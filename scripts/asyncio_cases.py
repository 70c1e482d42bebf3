#!/usr/bin/env python3
"""What Python's asyncio does in small programs: the expected answers of our own event loop (servers/asyncio).

Each case is a program that logs what happens, on a virtual clock. The same programs in Go are in
servers/asyncio/cases_test.go and must log the same.

    python3.11 scripts/asyncio_cases.py > servers/asyncio/testdata/cases.txt

Python 3.11 is the reference: wait_for was rewritten in 3.12.
"""

import asyncio
import gc
import selectors
import sys
import threading

CASES = []


class Boom(Exception):
    pass


class VirtualSelector(selectors.DefaultSelector):
    """Lets the loop's clock jump instead of waiting for it."""

    def select(self, timeout=None):
        if timeout is not None and timeout > 0:
            self.loop.now += timeout
            timeout = 0
        return super().select(timeout)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        selector = VirtualSelector()
        selector.loop = self
        self.now = 0.0
        super().__init__(selector)

    def time(self):
        return self.now


def case(program):
    """A program that runs as the main task."""
    CASES.append((program.__name__, program))
    return program


def at():
    return "at %d" % round(asyncio.get_running_loop().time())


def name(error):
    if error is None:
        return "none"
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, asyncio.InvalidStateError):
        return "invalid state"
    return "error " + str(error)


def came_to(future):
    """What a future came to."""
    if not future.done():
        return "pending"
    if future.cancelled():
        return "cancelled"
    if future.exception() is not None:
        return name(future.exception())
    return "result %s" % future.result()


async def outcome(awaitable):
    """What awaiting comes to."""
    try:
        result = await awaitable
        return "result %s" % ("[%s]" % " ".join(result) if isinstance(result, list) else result)
    except BaseException as error:
        return name(error)


def future():
    return asyncio.get_running_loop().create_future()


def task(coroutine):
    return asyncio.get_running_loop().create_task(coroutine)


async def after(seconds, result):
    await asyncio.sleep(seconds)
    return result


async def fail_after(seconds, text):
    await asyncio.sleep(seconds)
    raise Boom(text)


async def yields(n):
    for _ in range(n):
        await asyncio.sleep(0)


def soon(log, *words):
    return asyncio.get_running_loop().call_soon(log, *words)


def later(seconds, log, *words):
    return asyncio.get_running_loop().call_later(seconds, log, *words)


# --- callbacks


@case
async def soon_first_in_first_out(log):
    for word in ("a", "b", "c"):
        soon(log, word)
    log("main")
    await yields(1)


@case
async def soon_from_a_callback_waits_for_the_next_turn(log):
    loop = asyncio.get_running_loop()

    def first():
        log("a")
        soon(log, "c")

    loop.call_soon(first)
    soon(log, "b")
    await yields(2)


@case
async def soon_cancelled(log):
    handle = soon(log, "never")
    soon(log, "a")
    handle.cancel()
    log(handle.cancelled())
    await yields(1)


@case
async def soon_cancelled_by_the_callback_before(log):
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: second.cancel())
    second = soon(log, "never")
    soon(log, "a")
    await yields(1)


@case
async def later_in_order_of_time(log):
    later(2, log, "b")
    later(1, log, "a")
    later(3, log, "c")
    await asyncio.sleep(4)


@case
async def later_zero_comes_after_soon(log):
    later(0, log, "later")
    soon(log, "soon")
    await yields(2)


@case
async def at_the_same_time_first_come_first_called(log):
    loop = asyncio.get_running_loop()
    loop.call_at(1, log, "a")
    loop.call_at(1, log, "b")
    await asyncio.sleep(2)
    log(at())


@case
async def at_a_time_gone_by(log):
    await asyncio.sleep(5)
    asyncio.get_running_loop().call_at(1, log, "late")
    await yields(2)
    log(at())


@case
async def later_cancelled(log):
    handle = later(1, log, "never")
    later(2, log, "a")
    handle.cancel()
    await asyncio.sleep(3)


@case
async def later_set_by_a_timer(log):
    loop = asyncio.get_running_loop()

    def first():
        log("a", at())
        later(1, log, "b")

    loop.call_later(1, first)
    await asyncio.sleep(3)


@case
async def callback_raises_and_the_others_go_on(log):
    def bad():
        raise Boom("bad")

    asyncio.get_running_loop().call_soon(bad)
    soon(log, "a")
    await yields(1)


@case
async def threadsafe_in_order(log):
    loop = asyncio.get_running_loop()
    done = future()

    def outside():
        loop.call_soon_threadsafe(log, "a")
        loop.call_soon_threadsafe(log, "b")
        loop.call_soon_threadsafe(done.set_result, 1)

    threading.Thread(target=outside).start()
    log(await outcome(done))


# --- futures


@case
async def future_callbacks_in_order_and_not_at_once(log):
    f = future()
    for word in ("a", "b", "c"):
        f.add_done_callback(lambda f, word=word: log(word, came_to(f)))
    f.set_result(1)
    log("set")
    await yields(1)


@case
async def future_callback_added_after_done(log):
    f = future()
    f.set_result(1)
    f.add_done_callback(lambda f: log("called", came_to(f)))
    log("added")
    await yields(1)


@case
async def future_callback_removed(log):
    f = future()

    def never(f):
        log("never")

    f.add_done_callback(never)
    f.add_done_callback(lambda f: log("a"))
    log(f.remove_done_callback(never) > 0)
    log(f.remove_done_callback(never) > 0)
    f.set_result(1)
    await yields(1)


@case
async def future_callback_raises_and_the_others_go_on(log):
    f = future()

    def bad(f):
        raise Boom("bad")

    f.add_done_callback(bad)
    f.add_done_callback(lambda f: log("a"))
    f.set_result(1)
    await yields(1)


@case
async def future_asked_too_early(log):
    f = future()
    try:
        f.result()
    except BaseException as error:
        log(name(error))
    log(f.done(), f.cancelled())


@case
async def future_set_twice(log):
    f = future()
    f.set_result(1)
    for again in (lambda: f.set_result(2), lambda: f.set_exception(Boom("x"))):
        try:
            again()
        except BaseException as error:
            log(name(error))
    log(came_to(f))


@case
async def future_cancelled(log):
    f = future()
    f.add_done_callback(lambda f: log("called", came_to(f)))
    log(f.cancel(), f.cancel())
    log(f.done(), f.cancelled())
    try:
        f.set_result(1)
    except BaseException as error:
        log(name(error))
    log(await outcome(f))
    await yields(1)


@case
async def future_fails(log):
    f = future()
    f.set_exception(Boom("x"))
    log(await outcome(f))
    log(f.cancel(), came_to(f))


@case
async def future_done_does_not_give_way(log):
    f = future()
    f.set_result(1)
    soon(log, "others")
    log(await outcome(f))
    await yields(1)


@case
async def future_wakes_in_order(log):
    f = future()

    async def wait(who):
        log(who, await outcome(f))

    for who in ("a", "b", "c"):
        task(wait(who))
    await yields(1)
    f.set_result(1)
    log("set")
    await yields(1)


@case
async def future_error_never_retrieved(log):
    f = future()
    f.set_exception(Boom("x"))
    del f
    gc.collect()
    await yields(1)


@case
async def task_error_never_retrieved(log):
    t = task(fail_after(0, "x"))
    await yields(2)
    log(t.done())
    del t
    gc.collect()
    await yields(1)


@case
async def error_retrieved_is_not_reported(log):
    f = future()
    f.set_exception(Boom("x"))
    log(name(f.exception()))
    del f
    gc.collect()
    await yields(1)


# --- tasks


@case
async def task_starts_in_the_next_turn(log):
    async def child():
        log("child")

    task(child())
    log("main")
    await yields(1)
    log("main again")


@case
async def tasks_take_turns(log):
    async def child(who):
        for i in range(3):
            log(who, i)
            await asyncio.sleep(0)

    task(child("a"))
    task(child("b"))
    await yields(5)


@case
async def task_result(log):
    t = task(after(1, "r"))
    log(came_to(t))
    log(await outcome(t), at())
    log(await outcome(t), at())


@case
async def task_error_goes_to_who_awaits(log):
    t = task(fail_after(1, "x"))
    log(await outcome(t), at())
    log(t.done(), t.cancelled())


@case
async def task_callback_comes_before_the_next_turn_of_who_awaits(log):
    t = task(after(1, "r"))
    t.add_done_callback(lambda t: log("callback"))
    log(await outcome(t))


@case
async def cancel_before_the_start(log):
    async def child():
        log("never")

    t = task(child())
    log(t.cancel())
    log(came_to(t))
    log(await outcome(t))
    log(t.cancelled())


@case
async def cancel_runs_clean_up(log):
    async def child():
        try:
            await asyncio.sleep(10)
        finally:
            log("clean-up", at())

    t = task(child())
    await asyncio.sleep(1)
    log(t.cancel(), came_to(t))
    log(await outcome(t), at())


@case
async def cancel_swallowed(log):
    async def child():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            log("swallowed")
        await asyncio.sleep(1)
        return "r"

    t = task(child())
    await asyncio.sleep(1)
    t.cancel()
    log(await outcome(t), at())
    log(t.cancelled(), t.cancelling())


@case
async def cancel_waits_for_clean_up(log):
    async def child():
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(2)
            log("cleaned up", at())

    t = task(child())
    await asyncio.sleep(1)
    t.cancel()
    log(await outcome(t), at())


@case
async def cancel_twice_cuts_clean_up_short(log):
    async def child():
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(5)
            log("never")

    t = task(child())
    await asyncio.sleep(1)
    t.cancel()
    await asyncio.sleep(1)
    t.cancel()
    log(await outcome(t), at(), t.cancelling())


@case
async def cancel_when_done(log):
    t = task(after(1, "r"))
    await t
    log(t.cancel(), came_to(t))


@case
async def cancel_reaches_the_awaited_future(log):
    f = future()
    t = task(outcome(f))
    await yields(1)
    t.cancel()
    log(came_to(f), came_to(t))
    log(await outcome(t))


@case
async def cancel_reaches_the_awaited_task(log):
    async def inner():
        try:
            await asyncio.sleep(10)
        finally:
            log("inner clean-up")

    i = task(inner())

    async def outer():
        try:
            await i
        finally:
            log("outer clean-up")

    t = task(outer())
    await asyncio.sleep(1)
    t.cancel()
    log(await outcome(t))
    log(came_to(i), came_to(t))


@case
async def cancel_oneself(log):
    async def child():
        asyncio.current_task().cancel()
        log("still here")
        await asyncio.sleep(0)
        log("never")

    log(await outcome(task(child())))


@case
async def cancel_oneself_and_return(log):
    async def child():
        asyncio.current_task().cancel()
        return "r"

    log(await outcome(task(child())))


@case
async def cancel_when_the_awaited_is_done_already(log):
    f = future()
    t = task(outcome(f))
    await yields(1)
    f.set_result(1)
    log(t.cancel())
    log(await outcome(t))


@case
async def cancel_replaced_by_an_error(log):
    async def child():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            raise Boom("instead")

    t = task(child())
    await asyncio.sleep(1)
    t.cancel()
    log(await outcome(t), t.cancelled())


@case
async def cancel_counted_and_taken_back(log):
    async def child():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            t = asyncio.current_task()
            log(t.cancelling(), t.uncancel(), t.uncancel())
        return "r"

    t = task(child())
    await asyncio.sleep(1)
    t.cancel()
    log(await outcome(t))


@case
async def cancelled_error_of_its_own(log):
    async def child():
        raise asyncio.CancelledError

    t = task(child())
    log(await outcome(t), t.cancelled())


@case
async def task_awaits_itself(log):
    async def child():
        try:
            await me
        except RuntimeError as error:
            log(str(error).split(":")[0].split(" <")[0])

    me = task(child())
    await me


# --- sleep and timeout


@case
async def sleeps_end_in_order_of_time(log):
    async def child(who, seconds):
        await asyncio.sleep(seconds)
        log(who, at())

    for who, seconds in (("c", 3), ("a", 1), ("b", 2)):
        task(child(who, seconds))
    await asyncio.sleep(4)


@case
async def sleep_zero_gives_way_once(log):
    soon(log, "others")
    await asyncio.sleep(0)
    log("back", at())


@case
async def timeout_expires(log):
    async def child():
        async with asyncio.timeout(1):
            try:
                await asyncio.sleep(10)
            finally:
                log("clean-up", at())

    t = task(child())
    log(await outcome(t), at(), t.cancelling())


@case
async def timeout_not_reached(log):
    async def child():
        async with asyncio.timeout(2):
            await asyncio.sleep(1)
        await asyncio.sleep(5)
        return "r"

    log(await outcome(task(child())), at())


@case
async def timeout_inside_a_timeout(log):
    async def child():
        async with asyncio.timeout(3):
            try:
                async with asyncio.timeout(1):
                    await asyncio.sleep(10)
            except TimeoutError:
                log("inner", at())
            await asyncio.sleep(10)

    log(await outcome(task(child())), at())


@case
async def timeout_lets_a_cancellation_pass(log):
    async def child():
        async with asyncio.timeout(5):
            await asyncio.sleep(10)

    t = task(child())
    await asyncio.sleep(1)
    t.cancel()
    log(await outcome(t), at())


# --- gather


@case
async def gather_keeps_the_order_given(log):
    log(await outcome(asyncio.gather(after(3, "a"), after(1, "b"), after(2, "c"))), at())


@case
async def gather_nothing(log):
    log(await outcome(asyncio.gather()))


@case
async def gather_first_error_and_the_others_run_on(log):
    slow = task(after(3, "slow"))
    log(await outcome(asyncio.gather(task(fail_after(2, "second")), task(fail_after(1, "first")), slow)), at())
    log(came_to(slow))
    log(await outcome(slow), at())


@case
async def gather_errors_returned(log):
    results = await asyncio.gather(after(1, "a"), fail_after(2, "x"), after(3, "c"), return_exceptions=True)
    for result in results:
        log(name(result) if isinstance(result, BaseException) else "result " + result)
    log(at())


@case
async def gather_cancelled_child_is_an_error(log):
    child, other = task(after(5, "a")), task(after(2, "b"))
    g = asyncio.gather(child, other)
    later(1, lambda: child.cancel())
    log(await outcome(g), at(), g.cancelled())
    log(await outcome(other), at())


@case
async def gather_cancelled_child_is_returned(log):
    child, other = task(after(5, "a")), task(after(2, "b"))
    later(1, lambda: child.cancel())
    results = await asyncio.gather(child, other, return_exceptions=True)
    log(name(results[0]), results[1], at())


@case
async def gather_cancelled_cancels_all(log):
    async def child(who):
        try:
            await asyncio.sleep(10)
        finally:
            log("clean-up", who)

    a, b = task(child("a")), task(child("b"))
    g = asyncio.gather(a, b)
    await asyncio.sleep(1)
    log(g.cancel(), came_to(g))
    log(await outcome(g), at())
    log(came_to(a), came_to(b))


@case
async def gather_cancelled_through_who_awaits(log):
    a, b = task(after(5, "a")), task(after(5, "b"))

    async def outer():
        await asyncio.gather(a, b)

    t = task(outer())
    await asyncio.sleep(1)
    t.cancel()
    log(await outcome(t), at())
    log(came_to(a), came_to(b))


@case
async def gather_cancel_after_an_error_does_nothing(log):
    slow = task(after(3, "slow"))
    g = asyncio.gather(task(fail_after(1, "x")), slow)
    log(await outcome(g))
    log(g.cancel(), came_to(slow))
    log(await outcome(slow), at())


@case
async def gather_the_same_twice(log):
    t = task(after(1, "a"))
    log(await outcome(asyncio.gather(t, t)), at())


@case
async def gather_done_ones(log):
    f = future()
    f.set_result("a")
    g = asyncio.gather(f, f)
    log(came_to(g))
    log(await outcome(g))


# --- wait_for


@case
async def wait_for_in_time(log):
    log(await outcome(asyncio.wait_for(after(1, "r"), 2)), at())


@case
async def wait_for_timeout(log):
    t = task(after(5, "r"))
    log(await outcome(asyncio.wait_for(t, 1)), at())
    log(came_to(t))


@case
async def wait_for_waits_for_clean_up(log):
    async def child():
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(2)
            log("cleaned up", at())

    log(await outcome(asyncio.wait_for(task(child()), 1)), at())


@case
async def wait_for_result_in_spite_of_cancellation(log):
    async def child():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            return "after all"

    log(await outcome(asyncio.wait_for(task(child()), 1)), at())


@case
async def wait_for_error_in_clean_up(log):
    async def child():
        try:
            await asyncio.sleep(10)
        finally:
            raise Boom("clean-up")

    log(await outcome(asyncio.wait_for(task(child()), 1)), at())


@case
async def wait_for_error(log):
    log(await outcome(asyncio.wait_for(task(fail_after(1, "x")), 2)), at())


@case
async def wait_for_zero(log):
    f = future()
    f.set_result("r")
    log(await outcome(asyncio.wait_for(f, 0)))
    t = task(after(1, "r"))
    log(await outcome(asyncio.wait_for(t, 0)), came_to(t), at())


@case
async def wait_for_a_future_that_is_done(log):
    f = future()
    f.set_result("r")
    soon(log, "others")
    log(await outcome(asyncio.wait_for(f, 1)))


@case
async def wait_for_race_result_first(log):
    f = future()
    later(1, f.set_result, "r")
    log(await outcome(asyncio.wait_for(f, 1)), at())


@case
async def wait_for_race_timeout_first(log):
    f = future()
    w = task(asyncio.wait_for(f, 1))
    await yields(1)
    later(1, lambda: f.cancelled() or f.set_result("r"))
    log(await outcome(w), at())


@case
async def wait_for_cancelled_cancels_the_inner(log):
    async def child():
        try:
            await asyncio.sleep(10)
        finally:
            log("clean-up", at())

    inner = task(child())
    w = task(asyncio.wait_for(inner, 5))
    await asyncio.sleep(1)
    w.cancel()
    log(await outcome(w), came_to(inner), at())


@case
async def wait_for_a_shield(log):
    t = task(after(3, "r"))
    log(await outcome(asyncio.wait_for(asyncio.shield(t), 1)), at())
    log(came_to(t))
    log(await outcome(t), at())


# --- shield


@case
async def shield_hands_on_the_result(log):
    log(await outcome(asyncio.shield(task(after(1, "r")))), at())


@case
async def shield_hands_on_the_error(log):
    log(await outcome(asyncio.shield(task(fail_after(1, "x")))), at())


@case
async def shield_cancelled_and_the_inner_goes_on(log):
    t = task(after(2, "r"))
    s = asyncio.shield(t)
    await asyncio.sleep(1)
    log(s.cancel(), came_to(s), came_to(t))
    log(await outcome(t), at())


@case
async def shield_in_a_cancelled_task(log):
    inner = task(after(3, "r"))

    async def outer():
        await asyncio.shield(inner)

    t = task(outer())
    await asyncio.sleep(1)
    t.cancel()
    log(await outcome(t), came_to(inner), at())
    log(await outcome(inner), at())


@case
async def shield_of_a_cancelled_inner(log):
    t = task(after(5, "r"))
    s = asyncio.shield(t)
    await asyncio.sleep(1)
    t.cancel()
    log(await outcome(s), s.cancelled())


@case
async def shield_of_a_done_one_is_that_one(log):
    f = future()
    f.set_result("r")
    log(asyncio.shield(f) is f)


@case
async def shield_error_after_its_cancellation(log):
    t = task(fail_after(2, "x"))
    s = asyncio.shield(t)
    await asyncio.sleep(1)
    s.cancel()
    await asyncio.sleep(2)
    log(came_to(s), t.done())


# --- executor


@case
async def executor_result(log):
    loop = asyncio.get_running_loop()
    log(await outcome(loop.run_in_executor(None, lambda: "r")))


@case
async def executor_error(log):
    def fail():
        raise Boom("x")

    log(await outcome(asyncio.get_running_loop().run_in_executor(None, fail)))


@case
async def executor_cancelled_while_it_runs(log):
    running, go = threading.Event(), threading.Event()

    def block():
        running.set()
        go.wait()

    f = asyncio.get_running_loop().run_in_executor(None, block)
    running.wait()
    log(f.cancel())
    go.set()
    log(await outcome(f))


# --- run


@case
async def run_cancels_what_is_left(log):
    async def child():
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(1)
            log("cleaned up", at())

    task(child())
    await asyncio.sleep(1)
    log("main returns")


@case
async def run_reports_errors_of_what_is_left(log):
    async def child():
        try:
            await asyncio.sleep(10)
        finally:
            raise Boom("left")

    task(child())
    await asyncio.sleep(1)
    log("main returns")


@case
async def run_returns_the_error(log):
    raise Boom("main")


@case
async def run_cancelled_by_itself(log):
    asyncio.current_task().cancel()
    await asyncio.sleep(1)


def main():
    if sys.version_info[:2] != (3, 11):
        sys.exit("this needs Python 3.11, the reference; this is %d.%d" % sys.version_info[:2])
    for title, program in CASES:
        print("## " + title)

        def log(*words):
            print(*words)

        def handler(loop, context):
            message = context["message"].split(" <")[0]
            if message.startswith("Exception in callback"):
                message = "Exception in callback"
            print("handler:", message + ":", name(context.get("exception")))

        async def whole():
            asyncio.get_running_loop().set_exception_handler(handler)
            await program(log)

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            try:
                runner.run(whole())
            except BaseException as error:
                print("run:", name(error))


if __name__ == "__main__":
    main()
