using System.Globalization;
using PatchContainers.Rollout.Windows;
using Xunit;

namespace PatchContainers.Core.Tests.Rollout.Windows;

public sealed class PatchWindowsTests
{
    // A window, an instant, and what holds then: until when it is open (or "closed"), and when it opens next. The rules of the zones are
    // those of the IANA database for 2026.
    [Theory]

    // Berlin, 29 March: 02:00 becomes 03:00 at 01:00Z. The start that is skipped is the first instant after.
    [InlineData("Sun 02:30 +1h Europe/Berlin", "2026-03-29T00:59", "closed", "2026-03-29T01:00")]
    [InlineData("Sun 02:30 +1h Europe/Berlin", "2026-03-29T01:00", "2026-03-29T02:00", "2026-04-05T00:30")]
    [InlineData("Sun 02:00 +1h Europe/Berlin", "2026-03-29T01:30", "2026-03-29T02:00", "2026-04-05T00:00")]
    [InlineData("Sat 22:00 +6h Europe/Berlin", "2026-03-28T23:00", "2026-03-29T03:00", "2026-04-04T20:00")]
    [InlineData("2026-03-29 02:59 +1h Europe/Berlin", "2026-03-01T00:00", "closed", "2026-03-29T01:00")]

    // Berlin, 25 October: 03:00 becomes 02:00 at 01:00Z. A start that comes twice is the first, and the duration elapses.
    [InlineData("Sun 02:30 +1h Europe/Berlin", "2026-10-25T00:29", "closed", "2026-10-25T00:30")]
    [InlineData("Sun 02:30 +1h Europe/Berlin", "2026-10-25T01:29", "2026-10-25T01:30", "2026-11-01T01:30")]
    [InlineData("Sun 02:30 +1h Europe/Berlin", "2026-10-25T01:30", "closed", "2026-11-01T01:30")]
    [InlineData("Sat 22:00 +6h Europe/Berlin", "2026-10-25T01:59", "2026-10-25T02:00", "2026-10-31T21:00")]

    // New York, 8 March (02:00 to 03:00 at 07:00Z) and 1 November (02:00 to 01:00 at 06:00Z).
    [InlineData("daily 02:15 +2h America/New_York", "2026-03-08T07:00", "2026-03-08T09:00", "2026-03-09T06:15")]
    [InlineData("daily 01:15 +2h America/New_York", "2026-11-01T05:15", "2026-11-01T07:15", "2026-11-02T06:15")]

    // Lord Howe, 5 April (02:00 to 01:30 at 15:00Z the day before) and 4 October (02:00 to 02:30 at 15:30Z the day before).
    [InlineData("Sun 01:45 +1h Australia/Lord_Howe", "2026-04-04T14:45", "2026-04-04T15:45", "2026-04-11T15:15")]
    [InlineData("Sun 02:15 +1h Australia/Lord_Howe", "2026-10-03T15:29", "closed", "2026-10-03T15:30")]
    [InlineData("Sun 02:15 +1h Australia/Lord_Howe", "2026-10-03T15:30", "2026-10-03T16:30", "2026-10-10T15:15")]

    // Kolkata changes nothing; half an hour is in its offset.
    [InlineData("Mon 00:00 +30m Asia/Kolkata", "2026-03-29T18:30", "2026-03-29T19:00", "2026-04-05T18:30")]

    // Dublin's winter time is the exception in the database, not its summer time; Casablanca's is that of Ramadan.
    [InlineData("Sun 01:30 +1h Europe/Dublin", "2026-10-25T00:30", "2026-10-25T01:30", "2026-11-01T01:30")]
    [InlineData("Sun 01:30 +1h Europe/Dublin", "2026-03-29T01:00", "2026-03-29T02:00", "2026-04-05T00:30")]

    // Santiago goes on at midnight, 6 September (04:00Z): the day begins at one.
    [InlineData("Sun 00:00 +2h America/Santiago", "2026-09-06T03:59", "closed", "2026-09-06T04:00")]

    // Samoa had no 30 December 2011.
    [InlineData("Fri 02:00 +1h Pacific/Apia", "2011-12-30T09:59", "closed", "2011-12-30T10:00")]

    // Over midnight, over the week's end, and windows that meet or overlap.
    [InlineData("Mon-Fri 22:00 +4h UTC", "2026-06-06T01:00", "2026-06-06T02:00", "2026-06-08T22:00")]
    [InlineData("Mon-Fri 22:00 +4h UTC", "2026-06-06T02:00", "closed", "2026-06-08T22:00")]
    [InlineData("Sun 20:00 +12h UTC", "2026-06-08T07:59", "2026-06-08T08:00", "2026-06-14T20:00")]
    [InlineData("Sat 20:00 +4h UTC;Sun 00:00 +4h UTC", "2026-06-06T21:00", "2026-06-07T04:00", "2026-06-13T20:00")]
    [InlineData("Sat 20:00 +6h UTC;Sun 01:00 +1h UTC", "2026-06-06T21:00", "2026-06-07T02:00", "2026-06-13T20:00")]
    [InlineData("Sat 20:00 +4h UTC;Sun 02:00 +4h Europe/Berlin", "2026-06-06T21:00", "2026-06-07T04:00", "2026-06-13T20:00")]
    [InlineData("Sat 20:00 +3h UTC;Sun 00:00 +4h UTC", "2026-06-06T21:00", "2026-06-06T23:00", "2026-06-07T00:00")]
    [InlineData("Mon 00:00 +10d UTC", "2026-06-07T21:00", "", "")]

    // Once, and then no more.
    [InlineData("2026-06-06 20:00 +4h UTC", "2026-06-06T19:00", "closed", "2026-06-06T20:00")]
    [InlineData("2026-06-06 20:00 +4h UTC", "2026-06-06T20:00", "2026-06-07T00:00", "")]
    [InlineData("2026-06-06 20:00 +4h UTC", "2026-06-07T00:00", "closed", "")]

    // Twenty-four hours a day leave out the hour that an autumn day has more.
    [InlineData("daily 12:00 +24h UTC", "2026-06-06T20:00", "", "")]
    [InlineData("daily 12:00 +24h Europe/Berlin", "2026-06-06T20:00", "2026-10-25T10:00", "2026-10-25T11:00")]
    public void It_is_open_until_or_opens_at(string windows, string at, string until, string next)
    {
        var state = PatchWindows.Parse(windows.Split(';'), []).Evaluate(Instant(at));
        Assert.Equal(until != "closed", state.IsOpen);
        Assert.Equal(until is "closed" or "" ? null : Instant(until), state.OpenUntil);
        Assert.Equal(next.Length == 0 ? null : Instant(next), state.NextOpen);
    }

    [Theory]
    [InlineData("daily 02:00 +4h UTC", "2026-06-06 UTC", "2026-06-05T03:00", "2026-06-05T06:00", "2026-06-07T02:00")]
    [InlineData("daily 02:00 +4h UTC", "2026-06-06 UTC", "2026-06-06T03:00", "closed", "2026-06-07T02:00")]
    [InlineData("daily 22:00 +4h UTC", "2026-06-06 UTC", "2026-06-05T23:00", "2026-06-06T00:00", "2026-06-07T00:00")]
    [InlineData("daily 22:00 +4h UTC", "2026-06-06 UTC", "2026-06-07T00:00", "2026-06-07T02:00", "2026-06-07T22:00")]
    [InlineData("daily 22:00 +4h Europe/Berlin", "2026-12-20..2027-01-06", "2026-12-19T22:00", "2026-12-19T23:00", "2027-01-06T23:00")]
    [InlineData("Sat 02:00 +4h UTC", "2026-06-01..2026-06-10 UTC;2026-06-10..2026-06-13 UTC", "2026-06-06T03:00", "closed",
        "2026-06-20T02:00")]
    [InlineData("2026-06-06 02:00 +4h UTC", "2026-06-06 UTC", "2026-06-05T03:00", "closed", "")]
    [InlineData("", "2026-06-06 UTC", "2026-06-05T03:00", "2026-06-06T00:00", "2026-06-07T00:00")]
    [InlineData("", "2026-06-06 UTC", "2026-06-07T03:00", "", "")]
    [InlineData("", "", "2026-06-07T03:00", "", "")]

    // A day of Berlin has 23 hours in March and 25 in October.
    [InlineData("", "2026-03-29 Europe/Berlin", "2026-03-29T12:00", "closed", "2026-03-29T22:00")]
    [InlineData("", "2026-10-25 Europe/Berlin", "2026-10-25T22:59", "closed", "2026-10-25T23:00")]

    // Santiago's 6 September 2026 begins at one; Havana's midnight of 1 November 2026 comes twice.
    [InlineData("", "2026-09-06 America/Santiago", "2026-09-06T04:00", "closed", "2026-09-07T03:00")]
    [InlineData("", "2026-11-01 America/Havana", "2026-11-01T04:00", "closed", "2026-11-02T05:00")]
    public void A_freeze_closes_whatever_is_open(string windows, string freezes, string at, string until, string next)
    {
        var state = PatchWindows.Parse(windows.Split(';', StringSplitOptions.RemoveEmptyEntries),
            freezes.Split(';', StringSplitOptions.RemoveEmptyEntries)).Evaluate(Instant(at));
        Assert.Equal(until != "closed", state.IsOpen);
        Assert.Equal(until is "closed" or "" ? null : Instant(until), state.OpenUntil);
        Assert.Equal(next.Length == 0 ? null : Instant(next), state.NextOpen);
    }

    // Two weeks around the changes of 2026, quarter by quarter of an hour, against the plain meaning of a window: it begins at the first
    // instant at which the clock on the wall has come to its start.
    [Theory]
    [InlineData("Europe/Berlin", "2026-03-23")]
    [InlineData("Europe/Berlin", "2026-10-19")]
    [InlineData("America/New_York", "2026-03-02")]
    [InlineData("America/New_York", "2026-10-26")]
    [InlineData("Australia/Lord_Howe", "2026-03-30")]
    [InlineData("Australia/Lord_Howe", "2026-09-28")]
    [InlineData("Asia/Kolkata", "2026-03-23")]
    [InlineData("Asia/Kolkata", "2026-10-19")]
    [InlineData("Africa/Casablanca", "2026-02-09")]
    [InlineData("Africa/Cairo", "2026-04-20")]
    public void A_week_of_windows_is_as_the_clock_on_the_wall_says(string zone, string monday)
    {
        var info = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var texts = new[] { "Sun 01:45", "Sat 22:30", "Mon-Fri 02:15", "Wed 23:45" };
        var durations = new[] { 1.0, 5.5, 0.75, 3.25 };
        var windows = PatchWindows.Parse(texts.Zip(durations, (t, d) => $"{t} +{DurationText.Format(TimeSpan.FromHours(d))} {zone}"), []);
        var days = new DayOfWeek[][]
        {
            [DayOfWeek.Sunday], [DayOfWeek.Saturday], [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday,
                DayOfWeek.Friday], [DayOfWeek.Wednesday],
        };
        var begin = DateTime.SpecifyKind(DateTime.Parse(monday, CultureInfo.InvariantCulture), DateTimeKind.Utc);
        var open = new HashSet<DateTime>();
        for (var day = -7; day < 21; day++)
        {
            var date = begin.AddDays(day).Date;
            foreach (var (index, text) in texts.Index().Where(t => days[t.Index].Contains(date.DayOfWeek)))
            {
                var start = DateTime.SpecifyKind(date, DateTimeKind.Unspecified)
                    + TimeSpan.Parse(text.Split(' ')[1], CultureInfo.InvariantCulture);
                var instant = begin.AddDays(day - 2);
                while (TimeZoneInfo.ConvertTimeFromUtc(instant, info) < start)
                {
                    instant = instant.AddMinutes(15);
                }

                for (var quarter = 0; quarter < durations[index] * 4; quarter++)
                {
                    open.Add(instant.AddMinutes(15 * quarter));
                }
            }
        }

        for (var instant = begin; instant < begin.AddDays(14); instant = instant.AddMinutes(15))
        {
            var state = windows.Evaluate(instant);
            Assert.True(open.Contains(instant) == state.IsOpen, $"{instant:O}: {state.Reason}");
            if (state.IsOpen)
            {
                var until = state.OpenUntil!.Value.UtcDateTime;
                Assert.True(open.Contains(until.AddMinutes(-15)) && !open.Contains(until));
            }
            else
            {
                var next = state.NextOpen!.Value.UtcDateTime;
                Assert.True(open.Contains(next) && !open.Contains(next.AddMinutes(-15)));
            }
        }
    }

    [Theory]
    [InlineData("2026-06-06T02:00", 4, true, "2026-06-06T02:00")]
    [InlineData("2026-06-06T02:01", 4, false, "2026-06-13T02:00")]
    [InlineData("2026-06-06T05:00", 1, true, "2026-06-06T05:00")]
    [InlineData("2026-06-06T05:00", 2, false, "2026-06-10T00:00")]
    [InlineData("2026-06-05T05:00", 1, false, "2026-06-06T02:00")]
    [InlineData("2026-06-05T05:00", 5, false, "")]
    public void Work_that_would_outlast_the_window_does_not_fit_and_it_is_said_when_it_does(string at, int hours, bool fits, string next)
    {
        var windows = PatchWindows.Parse(["Sat 02:00 +4h UTC", "Wed 00:00 +2h UTC"], []);
        var state = windows.Evaluate(Instant(at), TimeSpan.FromHours(hours));
        Assert.Equal((fits, !fits), (state.Fits, windows.WouldOutlast(Instant(at), TimeSpan.FromHours(hours))));
        Assert.Equal(next.Length == 0 ? null : Instant(next), state.NextFit);
    }

    [Fact]
    public void The_reason_says_what_a_person_asks_next()
    {
        var windows = PatchWindows.Parse(["Sat 02:00 +4h UTC"], ["party=2026-06-13 UTC"]);
        Assert.Equal("It is closed: no window is open. It opens at 2026-06-06 02:00Z, for 4h.",
            windows.Evaluate(Instant("2026-06-05T00:00")).Reason);
        Assert.Equal("It is open until 2026-06-06 06:00Z, too short for 2h. That fits from 2026-06-20 02:00Z on.",
            windows.Evaluate(Instant("2026-06-06T05:00"), TimeSpan.FromHours(2)).Reason);
        Assert.Equal("It is closed by the freeze party=2026-06-13 UTC. It opens at 2026-06-20 02:00Z, for 4h. 5h never fit.",
            windows.Evaluate(Instant("2026-06-13T03:00"), TimeSpan.FromHours(5)).Reason);
        Assert.Equal("It is open and stays so.", PatchWindows.Parse([], []).Evaluate(Instant("2026-06-05T00:00")).Reason);
    }

    [Fact]
    public void What_cannot_be_asked_is_refused()
    {
        var windows = PatchWindows.Parse(["Sat 02:00 +4h UTC"], []);
        Assert.Equal(PatchErrorCode.InvalidArgument, Assert.Throws<PatchException>(() => windows.Evaluate(DateTimeOffset.MaxValue)).Code);
        Assert.Equal(PatchErrorCode.InvalidArgument, Assert.Throws<PatchException>(() => windows.Evaluate(DateTimeOffset.MinValue)).Code);
        Assert.Equal(PatchErrorCode.InvalidArgument,
            Assert.Throws<PatchException>(() => windows.Evaluate(Instant("2026-06-06T02:00"), TimeSpan.FromHours(-1))).Code);
    }

    private static DateTimeOffset Instant(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
