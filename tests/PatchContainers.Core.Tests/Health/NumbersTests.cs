using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Health;
using Xunit;

namespace PatchContainers.Core.Tests.Health;

public sealed class NumbersTests
{
    [Theory]
    [InlineData("< 0.01", 0.009, true)]
    [InlineData("<0.01", 0.01, false)]
    [InlineData("<= 1%", 0.01, true)]
    [InlineData("> 5e-2", 0.06, true)]
    [InlineData(">= 99.5%", 0.995, true)]
    [InlineData("== 0", 0, true)]
    [InlineData("== 0", -0.0, true)]
    [InlineData("!= 0", 0, false)]
    [InlineData("> -1", 0, true)]
    [InlineData(">= 0.99 and < 2", 1, true)]
    [InlineData(">= 0.99 and < 2", 2, false)]
    [InlineData("< 1 or > 9", 10, true)]
    [InlineData("< 1 or > 9", 5, false)]
    [InlineData("== 5 or > 9 and < 20", 5, true)]
    [InlineData("== 5 or > 9 and < 20", 30, false)]
    [InlineData("> 5%", double.PositiveInfinity, true)]
    [InlineData("< 5%", double.PositiveInfinity, false)]
    [InlineData("< 5", double.NegativeInfinity, true)]
    public void A_condition_holds_or_does_not(string text, double value, bool holds) =>
        Assert.Equal(holds, ValueCondition.Parse(text).Holds(value));

    [Theory]
    [InlineData("0.01")]
    [InlineData("< ")]
    [InlineData("=< 1")]
    [InlineData("< 1 and")]
    [InlineData("< 1 and or > 2")]
    [InlineData("< 1, > 2")]
    [InlineData("< 1.2.3")]
    [InlineData("< NaN")]
    [InlineData("< 1e999")]
    [InlineData("< 0x10")]
    [InlineData("result[0] < 1")]
    public void What_is_no_condition_is_refused(string text) => Assert.Throws<FormatException>(() => ValueCondition.Parse(text));

    [Theory]
    [InlineData("avg", 2.5)]
    [InlineData("max", 4)]
    [InlineData("min", 1)]
    [InlineData("last", 2)]
    [InlineData("p50", 2.5)]
    [InlineData("p75", 3.25)]
    [InlineData("p99.9", 3.997)]
    public void A_range_becomes_one_number(string aggregate, double expected) =>
        Assert.Equal(expected, RangeAggregate.Parse(aggregate).Of([4, 1, 3, 2]), 9);

    [Fact]
    public void A_range_with_a_sample_that_is_no_number_is_none_and_one_with_an_infinite_one_stays_so()
    {
        foreach (var aggregate in new[] { "avg", "max", "min", "last", "p95" })
        {
            Assert.True(double.IsNaN(RangeAggregate.Parse(aggregate).Of([1, double.NaN, 3])));
        }

        Assert.Equal(double.PositiveInfinity, RangeAggregate.Parse("p95").Of([1, double.PositiveInfinity]));
        Assert.Equal(5, RangeAggregate.Parse("p95").Of([5]));
    }

    [Theory]
    [InlineData("mean")]
    [InlineData("p")]
    [InlineData("p0")]
    [InlineData("p100")]
    [InlineData("p-5")]
    [InlineData("AVG")]
    public void What_is_no_aggregate_is_refused(string text) => Assert.Throws<FormatException>(() => RangeAggregate.Parse(text));

    [Theory]
    [InlineData("20%", 0.20, 1, true)]
    [InlineData("20%", 0.21, 1, false)]
    [InlineData("20%", 0.20, -1, true)]
    [InlineData("20%", 0.001, 0, false)]
    [InlineData("0.005", 0.005, 0, true)]
    [InlineData("0.005", 0.006, 100, false)]
    [InlineData("20% or 0.005", 0.004, 0, true)]
    [InlineData("20% or 0.005", 0.2, 1, true)]
    [InlineData("0.005 or 20%", 0.3, 1, false)]
    [InlineData("0", 0, 7, true)]
    [InlineData("0", -3, 7, true)]
    [InlineData("20%", double.PositiveInfinity, 1, false)]
    public void A_move_from_the_baseline_is_allowed_or_not(string text, double move, double baseline, bool allowed) =>
        Assert.Equal(allowed, AllowedChange.Parse(text).Allows(move, baseline));

    [Theory]
    [InlineData("-5%")]
    [InlineData("a lot")]
    [InlineData("20% or 30%")]
    [InlineData("1 or 2")]
    [InlineData("20% and 1")]
    public void What_says_no_allowance_is_refused(string text) => Assert.Throws<FormatException>(() => AllowedChange.Parse(text));

    [Theory]
    [InlineData("200", 200, true)]
    [InlineData("200", 201, false)]
    [InlineData("200-299, 304", 304, true)]
    [InlineData("200-299,304", 300, false)]
    public void A_status_is_expected_or_not(string text, int status, bool has) => Assert.Equal(has, StatusSet.Parse(text).Has(status));

    [Theory]
    [InlineData("2xx")]
    [InlineData("299-200")]
    [InlineData("200-")]
    [InlineData("200,")]
    [InlineData("700")]
    [InlineData("1-2-3")]
    public void What_is_no_set_of_statuses_is_refused(string text) => Assert.Throws<FormatException>(() => StatusSet.Parse(text));

    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("500ms", 500)]
    [InlineData("2d", 172_800_000)]
    [InlineData("1d1h1m1s1ms", 90_061_001)]
    [InlineData("90m", 5_400_000)]
    [InlineData("0s", 0)]
    public void A_duration_is_read(string text, long milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), DurationText.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("m5")]
    [InlineData("5m1h")]
    [InlineData("5m5m")]
    [InlineData("-5m")]
    [InlineData("1.5h")]
    [InlineData("5 m")]
    [InlineData("5min")]
    [InlineData("99999999999d")]
    [InlineData("400000d")]
    public void What_is_no_duration_is_refused(string text)
    {
        Assert.False(DurationText.TryParse(text, out _));
        Assert.Equal(PatchErrorCode.InvalidArgument, Assert.Throws<PatchException>(() => DurationText.Parse(text)).Code);
    }

    [Fact]
    public void A_duration_that_is_written_is_read_again() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), n =>
    {
        var duration = TimeSpan.FromMilliseconds(n);
        return DurationText.Parse(DurationText.Format(duration)) == duration;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_number_of_Prometheus_that_is_written_is_read_again()
    {
        Prop.ForAll<double>(n => PrometheusResponse.ReadNumber(PrometheusResponse.WriteNumber(n)).Equals(n)).QuickCheckThrowOnFailure();
        Assert.Equal("+Inf", PrometheusResponse.WriteNumber(double.PositiveInfinity));
        Assert.True(double.IsNaN(PrometheusResponse.ReadNumber("NaN")));
        Assert.Throws<FormatException>(() => PrometheusResponse.ReadNumber("many"));
        Assert.Throws<FormatException>(() => PrometheusResponse.ReadNumber(null));
    }
}
