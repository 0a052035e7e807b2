using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class RingSequenceTests
{
    /// <summary>Requested, declared, recorded, siblings, the order that results.</summary>
    public static TheoryData<string, string, string, string, string> Orders => new()
    {
        // A single ring needs no order.
        { "anything", "", "", "", "anything" },

        // Nothing recorded: names that mean something give the order, and with it who comes first.
        { "staging", "", "", "production", "staging,production" },
        { "production", "", "", "staging", "staging,production" },
        { "prod", "", "", "qa,dev,uat", "dev,qa,uat,prod" },
        { "staging", "", "", "base", "staging" },

        // Rings named in order are in order, whatever they are called.
        { "one,two", "", "", "", "one,two" },
        { "production,staging", "", "", "", "production,staging" },
        { "production,dr", "", "", "staging", "staging,production,dr" },

        // The order that the request gives counts.
        { "b", "a,b,c", "", "a,c", "a,b,c" },
        { "a", "a,b", "", "b", "a,b" },

        // What was recorded counts, and grows.
        { "b", "", "a,b", "a", "a,b" },
        { "production", "", "staging", "staging", "staging,production" },
        { "a,x,b", "", "a,b", "", "a,x,b" },
        { "x,b", "", "a,b", "", "a,x,b" },
        { "b,x", "", "a,b,c", "", "a,b,x,c" },
        { "dev", "", "staging,production", "staging,production", "dev,staging,production" },
        { "x", "", "a,b", "a,b", "a,b,x" },
    };

    public static TheoryData<string, string, string, string, PatchErrorCode> Faults => new()
    {
        { "green", "", "", "blue", PatchErrorCode.NotPromotable },
        { "production", "", "", "base", PatchErrorCode.NotPromotable },
        { "b,a", "", "a,b", "", PatchErrorCode.InvalidArgument },
        { "b,a", "a,b", "", "", PatchErrorCode.InvalidArgument },
        { "c", "a,b", "", "", PatchErrorCode.InvalidArgument },
        { "a", "b,a", "a,b", "", PatchErrorCode.InvalidArgument },
    };

    [Theory]
    [MemberData(nameof(Orders))]
    public void The_order_of_rings_is_what_was_recorded_then_what_is_said_then_what_names_mean(
        string requested, string declared, string recorded, string siblings, string order) =>
        Assert.Equal(order, string.Join(',', RingSequence.Resolve(Split(requested), Split(declared), Split(recorded),
            Split(siblings), "deploy")));

    [Theory]
    [MemberData(nameof(Faults))]
    public void An_order_that_nothing_tells_or_that_is_contradicted_is_refused(
        string requested, string declared, string recorded, string siblings, PatchErrorCode code)
    {
        var e = Assert.Throws<PatchException>(() =>
            RingSequence.Resolve(Split(requested), Split(declared), Split(recorded), Split(siblings), "deploy"));
        Assert.Equal(code, e.Code);
    }

    private static string[] Split(string rings) => rings.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
