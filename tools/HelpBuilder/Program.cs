// Makes PowerShell's help files from docs/en-US. The pages hold prose alone; syntax, types and positions come from the built assembly,
// and a parameter without a text, or a text without its parameter, fails the build.
// Usage: HelpBuilder MODULE.dll System.Management.Automation.dll DOCS-FOLDER OUTPUT-FOLDER
using System.Reflection;
using System.Runtime.Loader;
using System.Text;
using System.Xml.Linq;
using HelpBuilder;

var (module, automation, docs, output) = (args[0], args[1], args[2], args[3]);
AssemblyLoadContext.Default.Resolving += (context, name) => name.Name == "System.Management.Automation"
    ? context.LoadFromAssemblyPath(Path.GetFullPath(automation))
    : context.LoadFromAssemblyPath(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(module))!, name.Name + ".dll"));

try
{
    Directory.CreateDirectory(output);
    var cmdlets = CmdletInfo.ReadAll(Assembly.LoadFrom(Path.GetFullPath(module)));
    var items = new XElement(Maml.HelpItems, new XAttribute("schema", "maml"));
    foreach (var cmdlet in cmdlets)
    {
        items.Add(Maml.Command(cmdlet, HelpPage.Read(Path.Combine(docs, cmdlet.Name + ".md"))));
    }

    var strays = Directory.EnumerateFiles(docs, "*-*.md").Select(Path.GetFileNameWithoutExtension)
        .Except(cmdlets.Select(c => c.Name)).ToArray();
    if (strays.Length > 0)
    {
        throw new HelpException($"{docs}: there is no such cmdlet: {string.Join(", ", strays)}.");
    }

    new XDocument(new XDeclaration("1.0", "utf-8", null), items).Save(Path.Combine(output, Path.GetFileName(module) + "-Help.xml"));
    foreach (var about in Directory.EnumerateFiles(docs, "about_*.md"))
    {
        var text = Path.Combine(output, Path.GetFileNameWithoutExtension(about) + ".help.txt");
        File.WriteAllText(text, AboutText.From(about), new UTF8Encoding(false));
    }

    return 0;
}
catch (HelpException e)
{
    Console.Error.WriteLine($"HelpBuilder : error HELP001: {e.Message}");
    return 1;
}
