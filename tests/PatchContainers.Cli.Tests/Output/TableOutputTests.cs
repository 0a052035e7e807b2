using PatchContainers.Cli.Output;
using PatchContainers.History;
using PatchContainers.Scanning;
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

    [Fact]
    public void A_result_s_scanner_is_named_where_one_is_not_the_embedded_one()
    {
        ImageScanResult[] results = [Result("Embedded"), Result("Trivy")];
        Assert.Equal(
            """
            IMAGE  PLATFORM     OS                       SCANNER   PACKAGES  CRITICAL  HIGH  MEDIUM  LOW  UNKNOWN  FIXABLE  UNASSESSED
            web:1  linux/amd64  debian 10 (end of life)  Embedded         0         0     0       0    0        1        0           0
            web:1  linux/amd64  debian 10 (end of life)  Trivy            0         0     0       0    0        1        0           0

            """, Write(false, [.. results]));
        Assert.DoesNotContain("SCANNER", Write(false, results[0]), StringComparison.Ordinal);
    }

    [Fact]
    public void Details_of_a_merged_result_name_each_finding_s_scanners()
    {
        Assert.Contains("Unknown  Embedded, Trivy  https://c.example\n", WriteDetails(Result("Embedded, Trivy", "Embedded", "Trivy")), StringComparison.Ordinal);
        Assert.Contains("Unknown  https://c.example\n", WriteDetails(Result("Trivy")), StringComparison.Ordinal);
    }

    private static ImageScanResult Result(string scanner, params string[] scanners) => new()
    {
        Image = "web:1",
        Digest = string.Empty,
        Platform = "linux/amd64",
        ManifestDigest = string.Empty,
        Os = new ScannedOs { Family = "debian", Version = "10", EndOfLife = true },
        Scanner = new ScannerInfo { Name = scanner },
        Findings = [new Finding { Id = "CVE-2024-0001", Package = "curl", Version = "1", Url = "https://c.example", Scanners = scanners }],
    };

    private static string Write(bool color, params object[] records) => Write(color, false, records);

    private static string WriteDetails(params object[] records) => Write(false, true, records);

    private static string Write(bool color, bool details, object[] records)
    {
        using var writer = new StringWriter();
        var output = new TableOutput(writer, color, details);
        foreach (var record in records)
        {
            output.Write(record);
        }

        output.Complete();
        return writer.ToString();
    }
}
