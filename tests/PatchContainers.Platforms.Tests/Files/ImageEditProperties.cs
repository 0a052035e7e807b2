using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;
using Xunit;

namespace PatchContainers.Platforms.Tests.Files;

/// <summary>Whatever stands around an image, an edit changes its characters alone.</summary>
public sealed class ImageEditProperties
{
    private const string Mark = "\u0001";

    private static readonly Gen<string> Comment = Gen.Elements(" # c", "  # \u00e9\u4e16\U0001F600", " # image: not:this", " #",
        "\t# 'tab\"", string.Empty, string.Empty);

    private static readonly Gen<string> Filler = Gen.Elements("# \u4e16\u754c \U0001F600 comment", "#", "", "   ",
        "command: [\"a\", 'b', c]", "text: |\n  image: not:this\n   more\n", "folded: >-\n  a\n\n  b",
        "\"quoted key\": \"\\u00e9 \\\" \U0001F600\"", "env:\n- {name: IMAGE, value: 'x'}\n- name: \u00e9", "? explicit\n: value", "empty:",
            "tag: !custom {a: b}", "anchored: &f [1, 2]\nalias: *f",
        "multi: \"a\n  b\"", "long: " + "x\u00e9 y ".PadRight(200, 'z'));

    private static readonly Gen<string> Image = Gen.Elements($"image: {Mark}", $"image: '{Mark}'", $"image: \"{Mark}\"",
        $"\"image\": {Mark}", $"image:   !!str {Mark}", $"image: &i {Mark}", $"image: >-\n  {Mark}",
        $"image: |\n   {Mark}", $"image:\n  {Mark}", $"image:\n  # \u00e9\n  \"{Mark}\"", $"? image\n: '{Mark}'");

    private static readonly Gen<(string Name, string[] Before, string Image, string Comment, string[] After)> Service =
        from name in Gen.Elements("web", "db", "\u00fcber", "\"q'\"", "'s s'")
        from before in Filler.ArrayOf()
        from image in Image
        from comment in Comment
        from after in Filler.ArrayOf()
        select (name, Distinct(before, []), image, image.Contains(">-", StringComparison.Ordinal)
            || image.Contains('|', StringComparison.Ordinal) ? string.Empty : comment, Distinct(after, before));

    private static readonly Gen<(string Text, string Encoding)> File =
        from services in Service.NonEmptyListOf()
        from line in Gen.Elements("\n", "\r\n")
        from head in Gen.Elements("", "# \U0001F600\n", "---\n", "%YAML 1.2\n--- # c\n", "x-a: &a {b: c}\n\n")
        from tail in Gen.Elements("", "\n", "\n\n# end", "\n...\n", "\n---\n# other\n")
        from encoding in Gen.Elements("utf-8", "utf-8 mark", "utf-16", "utf-16BE")
        select (Compose(head, [.. services.DistinctBy(service => service.Name)], tail).Replace("\n", line, StringComparison.Ordinal),
            encoding);

    [Fact]
    public void An_edit_changes_the_images_characters_and_an_undo_gives_the_same_bytes() => Prop.ForAll(File.ToArbitrary(), file =>
    {
        var parts = file.Text.Split(Mark);
        var old = Enumerable.Range(1, parts.Length - 1).Select(i => $"registry.example/app{i}:1").ToArray();
        var before = Bytes(parts, old, file.Encoding);
        var read = Read(before);
        Assert.Equal(old, read.Bindings.Select(binding => binding.Workload.Image));
        for (var i = 0; i < old.Length; i++)
        {
            string[] changed = [.. old];
            changed[i] = FileSet.NewImage;
            var after = ImageScalarEditor.Edit(read, [(read.Bindings[i], FileSet.NewImage)], YamlLimits.Default, out var fault);
            Assert.True(fault.Length == 0, fault);
            Assert.Equal(Bytes(parts, changed, file.Encoding), after);
            var again = Read(after!);
            Assert.Equal(before, ImageScalarEditor.Edit(again, [(again.Bindings[i], old[i])], YamlLimits.Default, out _));
        }

        Assert.Equal(Bytes(parts, [.. old.Select(_ => FileSet.NewImage)], file.Encoding),
            ImageScalarEditor.Edit(read, read.Bindings.Select(binding => (binding, FileSet.NewImage)), YamlLimits.Default, out _));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(12));

    private static string[] Distinct(string[] lines, string[] others) =>
        [.. lines.Where(line => !others.Contains(line) || line.StartsWith('#')).Distinct()];

    private static string Compose(string head, (string Name, string[] Before, string Image, string Comment, string[] After)[] services,
        string tail)
    {
        var text = new StringBuilder(head).Append("services:\n");
        foreach (var (name, before, image, comment, after) in services)
        {
            text.Append("  ").Append(name).Append(":\n");
            foreach (var line in (string[])[.. before, image + comment, .. after])
            {
                foreach (var part in line.Split('\n'))
                {
                    text.Append("    ").Append(part).Append('\n');
                }
            }
        }

        return text.ToString().TrimEnd('\n') + tail;
    }

    private static byte[] Bytes(string[] parts, string[] images, string encoding)
    {
        var text = new StringBuilder(parts[0]);
        for (var i = 0; i < images.Length; i++)
        {
            text.Append(images[i]).Append(parts[i + 1]);
        }

        var code = encoding.StartsWith("utf-8", StringComparison.Ordinal)
            ? new UTF8Encoding(encoding.EndsWith("mark", StringComparison.Ordinal)) : Encoding.GetEncoding(encoding);
        return [.. code.GetPreamble(), .. code.GetBytes(text.ToString())];
    }

    private static WorkloadFile Read(byte[] bytes) =>
        WorkloadFile.Read("/x/compose.yaml", bytes, YamlLimits.Default, TestContext.Current.CancellationToken);
}
