using PatchContainers.Cli.Output;
using PatchContainers.History;
using PatchContainers.Staleness;

namespace PatchContainers.Cli.Tests.Output;

public sealed class TableOutputTests
{
    [Fact]
    public void Columns_are_as_wide_as_their_widest_cell_and_numbers_stand_to_the_right()
    {
        var table = Write(false, new StaleImage { Image = "a:1", Status = StaleStatus.Fresh, AgeDays = 5 },
            new StaleImage { Image = "longer:1", Status = StaleStatus.Unknown });

        Assert.Equal(
            """
            IMAGE     STATUS   REASONS  BASE  METHOD  AGE  BEHIND  WORKLOADS
            a:1       Fresh    -        -     -         5       -          0
            longer:1  Unknown  -        -     -         -       -          0

            """, table);
    }

    [Fact]
    public void What_an_image_says_of_itself_cannot_steer_the_terminal()
    {
        var table = Write(false, new StaleImage { Image = "a:1", Detail = "built by \e]0;title\a\u202e evil\nnext" });

        Assert.Contains("built by \\u001b]0;title\\u0007\\u202e evil next", table, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', table);
    }

    [Fact]
    public void A_status_is_coloured_without_moving_the_columns()
    {
        var table = Write(true, new StaleImage { Image = "a:1", Status = StaleStatus.Stale, Reasons = [StaleReason.BaseChanged] });

        Assert.Contains("\e[31mStale\e[0m   BaseChanged", table, StringComparison.Ordinal);
        Assert.Equal(Write(false, new StaleImage { Image = "a:1", Status = StaleStatus.Stale, Reasons = [StaleReason.BaseChanged] }),
            table.Replace("\e[31m", string.Empty, StringComparison.Ordinal).Replace("\e[0m", string.Empty, StringComparison.Ordinal));
    }

    [Fact]
    public void No_record_means_no_heading_either() => Assert.Equal(string.Empty, Write(false));

    [Fact]
    public void A_broken_history_names_the_first_fault()
    {
        var table = Write(false,
            new HistoryVerification { IsIntact = false, Head = new HistoryHead(9, "ab"), Count = 9, FirstFault = 4,
            Detail = "Record 4 was edited." });

        Assert.Contains("no            9            4  9:ab", table, StringComparison.Ordinal);
        Assert.Contains("  Record 4 was edited.", table, StringComparison.Ordinal);
    }

    private static string Write(bool color, params object[] records)
    {
        using var writer = new StringWriter();
        var output = new TableOutput(writer, color, details: false);
        foreach (var record in records)
        {
            output.Write(record);
        }

        output.Complete();
        return writer.ToString();
    }
}
