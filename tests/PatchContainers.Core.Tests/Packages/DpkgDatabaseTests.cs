using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Packages;
using PatchContainers.Packages.Dpkg;
using Xunit;

namespace PatchContainers.Core.Tests.Packages;

public sealed class DpkgDatabaseTests
{
    [Fact]
    public void Fields_are_read_and_the_rest_is_passed_over()
    {
        var database = Read("""
            Package: libssl3
            Status: install ok installed
            Conffiles:
             /etc/x 0123
             Version: not this one
            architecture: amd64
            Source: openssl (3.0.11-1)
            VERSION:   3.0.11-1~deb12u2
            Description: a library
             Package: nor this
             .
             end

            Package: base-files
            Status: install ok installed
            Architecture: all
            Version: 12.4
            """);

        Assert.Empty(database.Unassessed);
        Assert.Equal(
            [
                new InstalledPackage { Type = "deb", Name = "libssl3", Version = "3.0.11-1~deb12u2", Architecture = "amd64", SourceName = "openssl", SourceVersion = "3.0.11-1", DatabasePath = DpkgDatabase.StatusPath },
                new InstalledPackage { Type = "deb", Name = "base-files", Version = "12.4", Architecture = "all", SourceName = "base-files", SourceVersion = "12.4", DatabasePath = DpkgDatabase.StatusPath },
            ],
            database.Packages);
    }

    [Theory]
    [InlineData("install ok installed", true)]
    [InlineData("hold ok installed", true)]
    [InlineData("install ok unpacked", true)]
    [InlineData("install ok half-configured", true)]
    [InlineData("install ok half-installed", true)]
    [InlineData("install ok triggers-awaited", true)]
    [InlineData("install ok triggers-pending", true)]
    [InlineData("deinstall reinstreq installed", true)]
    [InlineData("deinstall ok config-files", false)]
    [InlineData("purge ok not-installed", false)]
    public void What_has_files_on_the_disk_is_listed(string status, bool listed)
    {
        var database = Read($"Package: a\nStatus: {status}\nVersion: 1\n");
        Assert.Equal(listed ? 1 : 0, database.Packages.Count);
        Assert.Empty(database.Unassessed);
    }

    [Theory]
    [InlineData("Package: broken\nStatus: install ok installed\nVersion: 1\nno colon\n", "broken", "1", "line 8: the line is neither")]
    [InlineData("Package: broken\nPackage: twice\n", "broken", "", "line 6: the field Package comes twice")]
    [InlineData(" continued\nPackage: broken\n", "broken", "", "line 5: a paragraph begins with")]
    [InlineData("Status: install ok installed\nVersion: 1\n", DpkgDatabase.StatusPath, "1", "line 5: the paragraph names no package")]
    [InlineData("Package: -a\nStatus: install ok installed\n", "-a", "", "no name of a package")]
    [InlineData("Package: a b\nStatus: install ok installed\n", "a b", "", "no name of a package")]
    [InlineData("Package: broken\nVersion: 1\n", "broken", "1", "no status")]
    [InlineData("Package: broken\nStatus: install ok shiny\nVersion: 1\n", "broken", "1", "'install ok shiny'")]
    [InlineData("Package: broken\nStatus: installed\nVersion: 1\n", "broken", "1", "'installed'")]
    [InlineData("Package: broken\nStatus: install ok installed\n", "broken", "", "no version")]
    [InlineData("Package: broken\nStatus: install ok installed\nVersion: 1\nSource: x (\n", "broken", "1", "source 'x ('")]
    [InlineData("Package: broken\nStatus: install ok installed\nVersion: 1\nSource: (1)\n", "broken", "1", "source '(1)'")]
    public void A_broken_paragraph_is_unassessed_with_file_line_and_fault_and_the_rest_is_read(string paragraph, string package, string version, string fault)
    {
        var database = Read($"Package: first\nStatus: install ok installed\nVersion: 1\n\n{paragraph}\nPackage: last\nStatus: install ok installed\nVersion: 2\n");

        Assert.Equal(["first", "last"], database.Packages.Select(p => p.Name));
        var unassessed = Assert.Single(database.Unassessed);
        Assert.Equal((package, version), (unassessed.Package, unassessed.Version));
        Assert.StartsWith(DpkgDatabase.StatusPath + ", line ", unassessed.Reason, StringComparison.Ordinal);
        Assert.Contains(fault, unassessed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_control_file_without_status_in_status_d_is_installed()
    {
        var database = DpkgDatabase.Read("Package: a\nVersion: 1\n"u8.ToArray(), DpkgDatabase.StatusFolder + "/a");
        Assert.Equal("a", Assert.Single(database.Packages).Name);
    }

    [Theory]
    [InlineData("var/lib/dpkg/status", true)]
    [InlineData("var/lib/dpkg/status-old", false)]
    [InlineData("var/lib/dpkg/status.d/base", true)]
    [InlineData("var/lib/dpkg/status.d/base.md5sums", false)]
    [InlineData("var/lib/dpkg/status.d", false)]
    [InlineData("var/lib/dpkg/status.d/a/b", false)]
    [InlineData("var/lib/dpkg/status.de/a", false)]
    public void Only_the_databases_own_files_are_part_of_it(string path, bool expected) => Assert.Equal(expected, DpkgDatabase.IsPart(path));

    [Fact]
    public void Line_ends_of_windows_and_a_missing_last_one_are_read()
    {
        var database = Read("\r\n\r\nPackage: a\r\nStatus: install ok installed\r\nVersion: 1\r\n\r\nPackage: b\r\nStatus: install ok installed\r\nVersion: 2");
        Assert.Equal(["a 1", "b 2"], database.Packages.Select(p => $"{p.Name} {p.Version}"));
    }

    [Fact]
    public void A_line_longer_than_the_buffer_is_read()
    {
        var database = Read($"Package: a\nStatus: install ok installed\nDepends: {new string('x', 300_000)}\nVersion: 1\n");
        Assert.Equal("1", Assert.Single(database.Packages).Version);
    }

    [Fact]
    public void Any_bytes_give_packages_or_reasons_and_never_an_exception() => Prop.ForAll(
        Gen.Elements("Package: a", "Status: install ok installed", "Version: 1", "", " x", "\t", ":", "Source: b (", "\u0000", "é: x", "Package:").ListOf(30).ToArbitrary(), lines =>
        {
            var text = string.Join('\n', lines);
            var database = Read(text);
            var named = lines.Any(l => l.Trim(' ', '\t').Length > 0);
            return database.Packages.Count + database.Unassessed.Count > 0 == named;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("pkgdb/dpkg-status/debian-only.status", 1, 0)]
    [InlineData("pkgdb/dpkg-status/postgresql.status", 3, 0)]
    [InlineData("pkgdb/dpkg-status/texlive.status.gz", 357, 0)]
    [InlineData("pkgdb/dpkg-status/vcpkg.status", 15, 9)]
    [InlineData("trivy/pkgdb/dpkg/testdata/valid.txtar", 90, 0)]
    [InlineData("trivy/pkgdb/dpkg/testdata/corrupsed.txtar", 4, 2)]
    [InlineData("trivy/pkgdb/dpkg/testdata/third-party.txtar", 2, 0)]
    [InlineData("grype-syft/syft/debian/image-dpkg/var/lib/dpkg/status", 1, 1)]
    [InlineData("grype-syft/syft/debian/var/lib/dpkg/status.d/deinstall", 1, 0)]
    [InlineData("grype-syft/syft/debian/var/lib/dpkg/status.d/multiple", 2, 2)]
    [InlineData("grype-syft/syft/debian/var/lib/dpkg/status.d/corrupt", 0, 1)]
    public void Databases_of_others_are_read_whole(string file, int packages, int unassessed)
    {
        using var stream = Conformance.Open(file.Split('/'));
        using var content = new MemoryStream();
        stream.CopyTo(content);
        var text = Encoding.UTF8.GetString(content.ToArray());
        var start = text.IndexOf("-- var/lib/dpkg/status --\n", StringComparison.Ordinal);
        text = start < 0 ? text : text[(start + 26)..];

        var database = Read(text);

        Assert.Equal((packages, unassessed), (database.Packages.Count, database.Unassessed.Count));
        Assert.Equal(text.Split("\n\n").Count(p => p.Trim().Length > 0), database.Packages.Count + database.Unassessed.Count + text.Split("ok config-files").Length - 1);
    }

    private static PackageDatabase Read(string text) => DpkgDatabase.Read(Encoding.UTF8.GetBytes(text), DpkgDatabase.StatusPath);
}
