using PatchContainers.Layers;

namespace PatchContainers.TestKit.Images;

/// <summary>What tests put into layers often.</summary>
public static class LayerWriterExtensions
{
    /// <summary>Files of text, by path.</summary>
    public static void AddFiles(this LayerWriter layer, IReadOnlyDictionary<string, string> files)
    {
        foreach (var (path, content) in files)
        {
            layer.AddFile(path, content);
        }
    }

    /// <summary>The distribution's <c>etc/os-release</c>.</summary>
    public static void AddOsRelease(this LayerWriter layer, string id = "debian", string version = "12", string codename = "bookworm") =>
        layer.AddFile(
        "etc/os-release",
        $"PRETTY_NAME=\"{id} {version}\"\nNAME=\"{id}\"\nVERSION_ID=\"{version}\"\nVERSION_CODENAME={codename}\nID={id}\n");

    /// <summary>dpkg's database with these packages, all installed: name, version, and the source where it differs.</summary>
    public static void AddDpkg(this LayerWriter layer, params (string Name, string Version, string? Source)[] packages) => layer.AddFile(
        "var/lib/dpkg/status",
        string.Concat(packages.Select(p => $"Package: {p.Name}\nStatus: install ok installed\nPriority: optional\nSection: libs\n"
            + $"Maintainer: Test <test@example.org>\nArchitecture: amd64\n{(p.Source is null ? string.Empty : $"Source: {p.Source}\n")}"
            + $"Version: {p.Version}\nDescription: {p.Name} of a test\n\n")));

    /// <summary>apk's database with these packages: name, version, and the origin where it differs.</summary>
    public static void AddApk(this LayerWriter layer, params (string Name, string Version, string? Origin)[] packages) => layer.AddFile(
        "lib/apk/db/installed",
        string.Concat(packages.Select(p =>
            $"C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:{p.Name}\nV:{p.Version}\nA:x86_64\nS:1\nI:1\nT:{p.Name} of a test\n"
            + $"L:MIT\no:{p.Origin ?? p.Name}\n\n")));
}
