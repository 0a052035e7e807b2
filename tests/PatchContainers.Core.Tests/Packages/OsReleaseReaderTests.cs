using System.Text;
using System.Text.Json;
using PatchContainers.Packages;
using Xunit;

namespace PatchContainers.Core.Tests.Packages;

public sealed class OsReleaseReaderTests
{
    public static TheoryData<string, OsRelease> Forms => new()
    {
        { "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n", new("debian", "12", "bookworm", "Debian GNU/Linux 12 (bookworm)") },
        { "ID='Alpine'\r\nVERSION_ID=3.19.1", new("alpine", "3.19.1", "", "") },
        { "# ID=no\n  ID=vyos  \nPRETTY_NAME=\"a \\\"b\\\" \\$c \\\\d\"\nnot an assignment\n=x\n", new("vyos", "", "", "a \"b\" $c \\d") },
        { "ID=first\nID=last\nPRETTY_NAME=\"open\nVERSION_CODENAME=", new("last", "", "", "\"open") },
        { "\uFEFFID=debian\n", new("debian", "", "", "") },
        { "NAME=\"no id\"\n", new("linux", "", "", "") },
        { "", new("linux", "", "", "") },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Assignments_are_read_as_a_shell_would(string text, OsRelease expected) => Assert.Equal(expected, OsReleaseReader.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Files_of_distributions_are_read_as_another_reader_read_them()
    {
        var files = Directory.GetFiles(Conformance.Path("pkgdb", "os-release-claircore"), "*.txtar");
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var parts = File.ReadAllText(file).Split(["-- os-release --\n", "-- Parsed --\n", "-- Distribution --\n"], StringSplitOptions.None);
            using var expected = JsonDocument.Parse(parts[2]);
            var actual = OsReleaseReader.Parse(Encoding.UTF8.GetBytes(parts[1]));

            Assert.Equal((Value("ID"), Value("VERSION_ID"), Value("VERSION_CODENAME"), Value("PRETTY_NAME")), (actual.Id, actual.VersionId, actual.Codename, actual.PrettyName));

            string Value(string key) => expected.RootElement.TryGetProperty(key, out var value) ? value.GetString()! : "";
        }
    }

    [Theory]
    [InlineData("debian-os-release")]
    [InlineData("ubuntu-os-release")]
    public void Every_release_of_a_distribution_says_its_version(string folder)
    {
        foreach (var file in Directory.GetFiles(Conformance.Path("pkgdb", folder), "os-release", SearchOption.AllDirectories))
        {
            var release = OsReleaseReader.Parse(File.ReadAllBytes(file));
            Assert.Contains(release.Id, (string[])["debian", "ubuntu"]);
            Assert.Equal(Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(file))), release.VersionId);
        }
    }
}
