using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace PatchContainers.Cli.Tests.Demo;

/// <summary>A file as <c>docker save</c> writes it: manifest.json, a configuration, a layer.</summary>
internal static class DockerArchive
{
    /// <summary>An image of Debian 12 with this package database.</summary>
    public static byte[] OfDebian(string packages)
    {
        var layer = Tar(("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"),
            ("var/lib/dpkg/status", packages.Replace("@ARCHITECTURE@", "amd64", StringComparison.Ordinal)));
        var config = $$"""
            {
              "architecture": "amd64", "os": "linux", "config": {}, "history": [ { "created_by": "ADD / /" } ],
              "rootfs": { "type": "layers", "diff_ids": [ "sha256:{{Hex(layer)}}" ] }
            }
            """;
        return Tar(
            (Hex(Encoding.UTF8.GetBytes(config)) + ".json", config),
            ("layer/layer.tar", Encoding.Latin1.GetString(layer)),
            ("manifest.json",
                $$"""[{"Config":"{{Hex(Encoding.UTF8.GetBytes(config))}}.json","RepoTags":["mine:1"],"Layers":["layer/layer.tar"]}]"""));
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] Tar(params (string Name, string Content)[] files)
    {
        using var buffer = new MemoryStream();
        using (var writer = new TarWriter(buffer, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile,
                    name) { DataStream = new MemoryStream(Encoding.Latin1.GetBytes(content)) });
            }
        }

        return buffer.ToArray();
    }
}
