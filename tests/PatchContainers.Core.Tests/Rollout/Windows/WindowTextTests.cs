using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Rollout.Windows;
using Xunit;

namespace PatchContainers.Core.Tests.Rollout.Windows;

public sealed class WindowTextTests
{
    private static readonly string[] Zones =
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "Etc/GMT+5"];

    [Theory]
    [InlineData("Sat,Sun 02:00 +4h Europe/Berlin", "Sat,Sun 02:00 +4h Europe/Berlin")]
    [InlineData("  sun,SAT  02:00  +240m  Europe/Berlin ", "Sat,Sun 02:00 +4h Europe/Berlin")]
    [InlineData("Mon-Fri 22:00 +1h30m UTC", "Mon-Fri 22:00 +1h30m UTC")]
    [InlineData("Mon,Tue,Wed,Fri 22:00 +2h UTC", "Mon-Wed,Fri 22:00 +2h UTC")]
    [InlineData("Fri-Mon 22:00 +2h UTC", "Mon,Fri-Sun 22:00 +2h UTC")]
    [InlineData("Mon-Sun 22:00 +2h UTC", "daily 22:00 +2h UTC")]
    [InlineData("night=Daily 03:00 +90m UTC", "night=daily 03:00 +1h30m UTC")]
    [InlineData("2026-11-28 02:00 +1d Asia/Kolkata", "2026-11-28 02:00 +1d Asia/Kolkata")]
    public void A_window_is_read_and_written(string text, string written) =>
        Assert.Equal(written, MaintenanceWindow.Parse(text).ToString());

    [Theory]
    [InlineData("2026-12-20..2027-01-06 Europe/Berlin", "2026-12-20..2027-01-06 Europe/Berlin")]
    [InlineData(" holidays=2026-12-24   UTC", "holidays=2026-12-24 UTC")]
    [InlineData("2026-12-24..2026-12-24 UTC", "2026-12-24 UTC")]
    public void A_freeze_is_read_and_written(string text, string written) => Assert.Equal(written, FreezePeriod.Parse(text).ToString());

    [Theory]
    [InlineData("", "form")]
    [InlineData("Sat 02:00 4h UTC", "form")]
    [InlineData("Sat 02:00 +4h", "form")]
    [InlineData("Sat 02:00 +4h UTC today", "form")]
    [InlineData("Satur 02:00 +4h UTC", "'Satur'")]
    [InlineData("Sat, 02:00 +4h UTC", "'Sat,'")]
    [InlineData("Sat-Sun-Mon 02:00 +4h UTC", "'Sat-Sun-Mon'")]
    [InlineData("2026-02-30 02:00 +4h UTC", "'2026-02-30'")]
    [InlineData("9999-12-31 02:00 +4h UTC", "'9999-12-31'")]
    [InlineData("Sat 24:00 +4h UTC", "'24:00'")]
    [InlineData("Sat 2:00 +4h UTC", "'2:00'")]
    [InlineData("Sat 02:00 +0h UTC", "'+0h'")]
    [InlineData("Sat 02:00 +32d UTC", "'+32d'")]
    [InlineData("Sat 02:00 +4 UTC", "'+4'")]
    [InlineData("Sat 02:00 +4h Europe/Atlantis", "'Europe/Atlantis'")]
    [InlineData("Sat 02:00 +4h localtime", "'localtime'")]
    [InlineData("Sat 02:00 +4h Local", "'Local'")]
    [InlineData("Sat 02:00 +4h ../../../etc/localtime", "IANA")]
    [InlineData("Sat 02:00 +4h /etc/localtime", "IANA")]
    [InlineData("Sat 02:00 +4h Europe", "IANA")]
    public void What_is_no_window_is_refused_with_its_fault(string text, string fault)
    {
        var e = Assert.Throws<PatchException>(() => MaintenanceWindow.Parse(text));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-12-24", "zone")]
    [InlineData("tomorrow UTC", "form")]
    [InlineData("2026-12-24.. UTC", "form")]
    [InlineData("2026-13-24 UTC", "form")]
    [InlineData("2027-01-06..2026-12-20 UTC", "before it begins")]
    [InlineData("2026-12-24 Europe/Atlantis", "Atlantis")]
    public void What_is_no_freeze_is_refused_with_its_fault(string text, string fault)
    {
        var e = Assert.Throws<PatchException>(() => FreezePeriod.Parse(text));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_freeze_without_a_zone_has_the_windows_one_where_they_agree()
    {
        var windows = PatchWindows.Parse(["Sat 02:00 +4h Asia/Kolkata", "Sun 02:00 +4h Asia/Kolkata"], ["2026-12-24"]);
        Assert.Equal("2026-12-24 Asia/Kolkata", windows.Freezes[0].ToString());
        Assert.Throws<PatchException>(() => PatchWindows.Parse(["Sat 02:00 +4h Asia/Kolkata", "Sun 02:00 +4h UTC"], ["2026-12-24"]));
        Assert.Throws<PatchException>(() => PatchWindows.Parse([], ["2026-12-24"]));
    }

    [Fact]
    public void A_machine_without_time_zones_is_told_of_as_such_and_has_UTC()
    {
        static TimeZoneInfo None(string id) => throw new TimeZoneNotFoundException(id);
        var e = Assert.Throws<PatchException>(() => TimeZones.Find("Europe/Berlin", None));
        Assert.Equal(PatchErrorCode.NotFound, e.Code);
        Assert.Contains("tzdata", e.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.Zero, TimeZones.Find("UTC", None).BaseUtcOffset);
    }

    [Fact]
    public void A_window_that_is_written_is_read_again()
    {
        var windows = from weekly in Gen.Choose(0, 1)
                      from days in Gen.Choose(1, 127)
                      from date in Gen.Choose(700_000, 800_000)
                      from start in Gen.Choose(0, 1439)
                      from minutes in Gen.Choose(1, 31 * 1440)
                      from zone in Gen.Elements(Zones)
                      from name in Gen.Elements("", "night=", "a.b-c_9=")
                      select $"{name}{(weekly == 1 ? WeekDays.Format([.. Enumerable.Range(0, 7).Where(d => (days >> d & 1) == 1)
                              .Select(d => (DayOfWeek)d)]) : WindowDates.Format(DateOnly.FromDayNumber(date)))} "
                          + $"{start / 60:00}:{start % 60:00} +{DurationText.Format(TimeSpan.FromMinutes(minutes))} {zone}";
        Prop.ForAll(windows.ToArbitrary(), text => MaintenanceWindow.Parse(text).ToString() == text).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Days_that_are_written_are_read_again() => Prop.ForAll(Gen.Choose(1, 127).ToArbitrary(), bits =>
    {
        var days = Enumerable.Range(0, 7).Where(d => (bits >> d & 1) == 1).Select(d => (DayOfWeek)d).ToHashSet();
        return days.SetEquals(WeekDays.Parse(WeekDays.Format(days))!);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_text_makes_the_parser_fail_in_another_way() => Prop.ForAll<NonNull<string>>(text =>
    {
        try
        {
            MaintenanceWindow.Parse(text.Get);
            return true;
        }
        catch (PatchException e)
        {
            return e.Code == PatchErrorCode.InvalidArgument;
        }
    }).QuickCheckThrowOnFailure();
}
